/* global document, location, window, history, FormData, URLSearchParams */
const filters = document.getElementById('filters');
const none = document.getElementById('none');
const help = document.getElementById('help');
const search = filters.elements.namedItem('text');
const groups = [...document.querySelectorAll('.group')];
const openAtFirst = new Set(groups.filter((group) => group.open));
const boxNames = ['verdict', 'base'].filter((name) => boxesOf(name).length > 0);

/** Markup and words that are not in the page, taken apart when they are first needed. */
let rest;
/** Numbers of the cases as they stand on the page, and which of them are shown. */
let order;
let matching;
/** The case that keys are about. */
let current;

function boxesOf(name) {
  return [...filters.querySelectorAll(`[name=${name}]`)];
}

function loadRest() {
  if (rest !== undefined) return rest;
  const { bodies, rows, index } = JSON.parse(document.getElementById('rest').content.textContent);
  const cases = index.map(([title, verdict, base, group], place) => ({
    ...{ number: place + 1, title, words: title.toLowerCase(), verdict, base, group },
  }));
  rest = { bodies, rows, cases };
  order = groups.flatMap((_, place) => cases.filter(({ group }) => group === place));
  matching = new Set(cases);
  return rest;
}

/** Puts a group's cases into the page, unless they are there. */
function fillGroup(group) {
  const own = group.querySelector('.own');
  if (own.childElementCount > 0) return;
  const { rows, cases } = loadRest();
  own.innerHTML = rows[groups.indexOf(group)] ?? '';
  for (const item of own.children) item.hidden = !matching.has(cases[numberOf(item) - 1]);
}

function fillCase(item) {
  const body = item.querySelector('.body');
  if (body.childElementCount === 0) body.innerHTML = loadRest().bodies[numberOf(item) - 1] ?? '';
}

function numberOf(item) {
  return Number(item.id.slice('case-'.length));
}

/** Returns a case's element, with its group open. */
function showCase({ number, group }) {
  fillGroup(groups[group]);
  groups[group].open = true;
  groups[group].hidden = false;
  const item = document.getElementById(`case-${number}`);
  item.hidden = false;
  return item;
}

function showMatching() {
  const wanted = new FormData(filters);
  const asked = search.value
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const allowed = boxNames
    .map((name) => [name, new Set(wanted.getAll(name))])
    .filter(([name, values]) => values.size < boxesOf(name).length);
  const isAll = asked.length === 0 && allowed.length === 0;
  if (isAll && rest === undefined) return;
  const { cases } = loadRest();
  matching = new Set(
    cases.filter(
      (each) =>
        allowed.every(([name, values]) => values.has(each[name])) &&
        asked.every((word) => each.words.includes(word)),
    ),
  );
  const found = new Set([...matching].map(({ group }) => group));
  groups.forEach((group, place) => {
    group.hidden = !found.has(place);
    if (!isAll && found.has(place)) fillGroup(group);
    for (const item of group.querySelector('.own').children)
      item.hidden = !matching.has(cases[numberOf(item) - 1]);
    group.open = isAll ? openAtFirst.has(group) : found.has(place);
  });
  none.hidden = matching.size > 0;
}

/** What is chosen stands in the address, for whoever it is sent to. */
function writeAddress() {
  const chosen = new URLSearchParams();
  if (search.value !== '') chosen.set('q', search.value);
  for (const name of boxNames) {
    const on = boxesOf(name).filter((box) => box.checked);
    if (on.length < boxesOf(name).length) chosen.set(name, on.map(({ value }) => value).join());
  }
  if (current !== undefined && chosen.size > 0) chosen.set('at', current.id);
  history.replaceState(null, '', chosen.size === 0 ? '#cases' : `#${chosen}`);
}

/** Takes what an address says: `q`, `verdict`, `base`, `at`, or an anchor alone. */
function readAddress() {
  const hash = location.hash.slice(1);
  if (!/(^|&)(q|verdict|base|at)=/.test(hash)) {
    openTarget(decodeURIComponent(hash));
    return;
  }
  const chosen = new URLSearchParams(hash);
  search.value = chosen.get('q') ?? '';
  for (const name of boxNames) {
    const values = chosen.get(name)?.split(',');
    for (const box of boxesOf(name)) box.checked = values?.includes(box.value) ?? true;
  }
  showMatching();
  if (chosen.has('at')) openTarget(chosen.get('at'));
  else document.getElementById('cases').scrollIntoView();
}

/** A link into a closed case would lead nowhere. */
function openTarget(id) {
  const [, number] = /^(?:case|console|shim)-(\d+)$/.exec(id) ?? [];
  const known = number === undefined ? undefined : loadRest().cases[Number(number) - 1];
  if (known === undefined) return;
  const item = showCase(known);
  fillCase(item);
  item.open = true;
  choose(item);
  document.getElementById(id)?.scrollIntoView();
}

function choose(item) {
  current?.classList.remove('current');
  current = item;
  current.classList.add('current');
}

/** Goes to the next case that is shown, or the one before, of those that are wanted. */
function go(step, isWanted = () => true) {
  const { cases } = loadRest();
  const from = current === undefined ? -1 : order.indexOf(cases[numberOf(current) - 1]);
  const others = step > 0 ? order.slice(from + 1) : order.slice(0, Math.max(0, from)).reverse();
  const near = others.find((each) => matching.has(each) && isWanted(each));
  if (near === undefined) return;
  const item = showCase(near);
  choose(item);
  item.firstElementChild.focus({ preventScroll: true });
  item.scrollIntoView({ block: 'nearest' });
}

const isRed = ({ verdict }) => verdict === 'fail' || verdict === 'error';

const keys = {
  '/': () => search.focus(),
  j: () => go(1),
  k: () => go(-1),
  r: () => go(1, isRed),
  R: () => go(-1, isRed),
  Enter: () => {
    if (current !== undefined) current.open = !current.open;
  },
  c: () => current !== undefined && openTarget(`console-${numberOf(current)}`),
  Escape: clearFilters,
  '?': () => help.showModal(),
};

function clearFilters() {
  search.value = '';
  for (const name of boxNames) for (const box of boxesOf(name)) box.checked = true;
  showMatching();
  writeAddress();
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || help.open) return;
  if (event.target === search) {
    if (event.key === 'Escape' || event.key === 'Enter') search.blur();
    return;
  }
  // Enter on a link or a button is the link's or the button's.
  if (event.key === 'Enter' && event.target.closest('a, button, input') !== null) return;
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}

filters.addEventListener('input', () => {
  showMatching();
  writeAddress();
});
filters.addEventListener('submit', (event) => event.preventDefault());
document.getElementById('keys').addEventListener('click', () => help.showModal());
// It does not bubble. In a group that begins open all is there.
document.addEventListener(
  'toggle',
  ({ target }) => {
    if (!target.open) return;
    if (target.classList.contains('case')) fillCase(target);
    if (target.classList.contains('group')) fillGroup(target);
  },
  true,
);
document.addEventListener('click', ({ target }) => {
  const item = target.closest('.case');
  if (item !== null) choose(item);
});
document.getElementById('map').addEventListener('pointerover', ({ target }) => {
  if (!target.matches('.sq') || target.title !== '') return;
  const { verdict, title } = loadRest().cases[Number(target.hash.slice('#case-'.length)) - 1];
  target.title = `${verdict}: ${title}`;
});
document.addEventListener('keydown', onKey);
window.addEventListener('hashchange', readAddress);
readAddress();
