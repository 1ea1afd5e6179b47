/* global document, EventSource */
const place = document.getElementById('live');

function draw({ run, dead, ended, planned, lines, red }) {
  const part = document.createElement('section');
  const add = (name, text) => {
    const item = document.createElement(name);
    item.textContent = text;
    part.append(item);
    return item;
  };
  add('h2', dead ? `${run} broke off` : `${run} goes on`);
  if (planned > 0) Object.assign(add('progress', ''), { max: planned, value: ended });
  add('pre', lines.join('\n'));
  for (const line of red) add('p', line).className = 'chip fail';
  return part;
}

const known = new Set([...place.querySelectorAll('section')].map(({ dataset }) => dataset.run));
new EventSource('/live').addEventListener('message', ({ data }) => {
  const runs = JSON.parse(data);
  // One that has ended has a report: the list below wants it.
  const gone = [...known].some((name) => !runs.some(({ run }) => run === name));
  if (gone) document.location.reload();
  for (const { run } of runs) known.add(run);
  place.replaceChildren(...runs.map(draw));
});
