import type { Switch } from '../core/coverage.ts';

/** What a configuration says of a symbol, without CONFIG_; undefined for one that it has not set. */
export type Settings = ReadonlyMap<string, string>;

/** A condition of the preprocessor; what the lab can't judge is unknown. */
type Expression =
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'value'; readonly value: boolean | undefined }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Expression[] };

const unknown: Expression = { kind: 'value', value: undefined };

/**
 * Returns, for each line of a source file, the switches that would have it compiled if a
 * condition of the preprocessor keeps it out; undefined for one that is compiled, or of which
 * that can't be told from the configuration alone. A line that nothing would have compiled
 * (`#if 0`) has no switches.
 */
export function findLeftOut(
  lines: readonly string[],
  settings: Settings,
): (readonly Switch[] | undefined)[] {
  /** For each #if that is open: what held off its branches so far, and its present one. */
  const open: { before: Expression[]; now: Expression }[] = [];
  const conditions = joinLines(lines);
  return lines.map((_, index) => {
    const directive = /^\s*#\s*(ifdef|ifndef|if|elif|else|endif)\b(.*)$/s.exec(
      conditions[index] ?? '',
    );
    const here = open.at(-1);
    switch (directive?.[1]) {
      case 'if':
      case 'ifdef':
      case 'ifndef':
        open.push({ before: [], now: readCondition(directive[1], directive[2] ?? '') });
        return undefined;
      case 'elif':
      case 'else':
        here?.before.push({ kind: 'not', of: here.now });
        if (here !== undefined)
          here.now =
            directive[1] === 'else'
              ? { kind: 'value', value: true }
              : readCondition('if', directive[2] ?? '');
        return undefined;
      case 'endif':
        open.pop();
        return undefined;
      case undefined:
      default: {
        const all: Expression = {
          kind: 'and',
          of: open.flatMap((each) => [...each.before, each.now]),
        };
        return judge(all, settings) === false ? switchesFor(all, settings) : undefined;
      }
    }
  });
}

/**
 * Returns the symbols that a condition names whose change alone makes it true; else all of them,
 * if that does; else those that are not set.
 */
function switchesFor(condition: Expression, settings: Settings): Switch[] {
  const names = [...new Set(namesIn(condition))];
  const holdsWith = (flipped: readonly string[]) => {
    const changes = flipped.map((name) => [name, isSet(name, settings) ? 'n' : 'y'] as const);
    return judge(condition, new Map([...settings, ...changes])) !== false;
  };
  const alone = names.filter((name) => holdsWith([name]));
  const together = holdsWith(names) ? names : names.filter((name) => !isSet(name, settings));
  return (alone.length > 0 ? alone : together).map((name) => ({
    symbol: `CONFIG_${name}`,
    set: !isSet(name, settings),
  }));
}

function isSet(name: string, settings: Settings): boolean {
  return (settings.get(name) ?? 'n') !== 'n';
}

function namesIn(expression: Expression): string[] {
  if (expression.kind === 'symbol') return [expression.name];
  if (expression.kind === 'not') return namesIn(expression.of);
  return expression.kind === 'value' ? [] : expression.of.flatMap(namesIn);
}

function judge(expression: Expression, settings: Settings): boolean | undefined {
  switch (expression.kind) {
    case 'symbol':
      return isSet(expression.name, settings);
    case 'value':
      return expression.value;
    case 'not': {
      const value = judge(expression.of, settings);
      return value === undefined ? undefined : !value;
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or';
      const values = expression.of.map((each) => judge(each, settings));
      if (values.includes(decisive)) return decisive;
      return values.includes(undefined) ? undefined : !decisive;
    }
  }
}

/** Returns lines with those that a backslash continues put together, where they begin. */
function joinLines(lines: readonly string[]): string[] {
  return lines.map((line, index) => {
    if (lines[index - 1]?.endsWith('\\') === true) return '';
    let whole = line;
    for (let next = index + 1; whole.endsWith('\\') && next < lines.length; next += 1)
      whole = `${whole.slice(0, -1)} ${lines[next] ?? ''}`;
    return whole.replace(/\/\*.*?\*\/|\/\/.*|\/\*.*$/g, ' ');
  });
}

function readCondition(directive: 'if' | 'ifdef' | 'ifndef', text: string): Expression {
  if (directive === 'if') return parse(text);
  const defined = definedName(text.trim().split(/\s/)[0] ?? '');
  return directive === 'ifdef' ? defined : { kind: 'not', of: defined };
}

/** A symbol that the configuration knows; anything else may be defined or not. */
function definedName(name: string): Expression {
  const found = /^CONFIG_(\w+)$/.exec(name)?.[1];
  return found === undefined ? unknown : { kind: 'symbol', name: found };
}

/** Reads a condition of `or`s of `and`s; what else may stand in it makes that part unknown. */
function parse(text: string): Expression {
  const words = text.match(/\|\||&&|!(?!=)|\(|\)|\w+|[^\s\w]+/g) ?? [];
  let at = 0;
  const or = (): Expression => {
    const parts = [and()];
    while (words[at] === '||') {
      at += 1;
      parts.push(and());
    }
    return parts.length === 1 ? (parts[0] ?? unknown) : { kind: 'or', of: parts };
  };
  const and = (): Expression => {
    const parts = [operand()];
    while (words[at] === '&&') {
      at += 1;
      parts.push(operand());
    }
    return parts.length === 1 ? (parts[0] ?? unknown) : { kind: 'and', of: parts };
  };
  /** One that a comparison or a sum follows is unknown as a whole. */
  const operand = (): Expression => {
    const first = unary();
    if (isEnd(words[at])) return first;
    for (let depth = 0; at < words.length; at += 1) {
      const word = words[at];
      if (depth === 0 && isEnd(word)) break;
      depth += word === '(' ? 1 : word === ')' ? -1 : 0;
    }
    return unknown;
  };
  const unary = (): Expression => {
    const word = words[at];
    at += 1;
    if (word === '!') return { kind: 'not', of: unary() };
    if (word === '(') {
      const inner = or();
      at += 1;
      return inner;
    }
    if (word === 'defined' || /^IS_(?:ENABLED|BUILTIN|REACHABLE)$/.test(word ?? '')) {
      const bracket = words[at] === '(';
      const name = words[at + (bracket ? 1 : 0)] ?? '';
      at += bracket ? 3 : 1;
      return definedName(name);
    }
    if (/^\d+[uUlL]*$/.test(word ?? ''))
      return { kind: 'value', value: parseInt(word ?? '') !== 0 };
    return definedName(word ?? '');
  };
  return or();
}

function isEnd(word: string | undefined): boolean {
  return word === undefined || ['&&', '||', ')'].includes(word);
}
