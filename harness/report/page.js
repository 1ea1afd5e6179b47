/* global document, location, window, FormData */
const filters = document.getElementById('filters');
const none = document.getElementById('none');
const cases = [...document.querySelectorAll('.case')];

function showMatching() {
  const wanted = new FormData(filters);
  const text = String(wanted.get('text')).toLowerCase();
  const allows = (name, value) =>
    filters.querySelector(`[name=${name}]`) === null || wanted.getAll(name).includes(value);
  for (const item of cases) {
    const title = item.querySelector('.title').textContent.toLowerCase();
    item.hidden = !(
      title.includes(text) &&
      allows('verdict', item.dataset.verdict) &&
      allows('base', item.dataset.base)
    );
  }
  none.hidden = cases.some((item) => !item.hidden);
}

/** A link into a closed case would lead nowhere. */
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  const item = target?.closest('.case');
  if (item == null) return;
  item.hidden = false;
  item.open = true;
  target.scrollIntoView();
}

filters.addEventListener('input', showMatching);
filters.addEventListener('submit', (event) => event.preventDefault());
window.addEventListener('hashchange', openTarget);
showMatching();
openTarget();
