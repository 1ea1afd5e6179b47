import type { Operator, Switched } from './mutant.ts';
import type { Node, ParsedC } from './parse-c.ts';

/** A change that an operator offers, before it has a name. */
export interface Site {
  readonly operator: Operator;
  readonly function: string;
  readonly within: readonly [first: number, last: number];
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly lastLine: number;
  readonly after: string;
  readonly how: Switched;
}

/** A place that an operator would have changed, with why not. */
export interface Refused {
  readonly line: number;
  readonly reason: string;
}

/** What surrounds a node. */
interface Around {
  readonly function?: FunctionAround;
  /** Why nothing can be changed here. */
  readonly blocked?: string;
}

interface FunctionAround {
  readonly name: string;
  readonly lines: readonly [first: number, last: number];
  /** Its labels, in their order. */
  readonly labels: readonly string[];
  /** Variables that are declared without a value. */
  readonly unset: ReadonlySet<string>;
}

type Offer = Pick<Site, 'operator' | 'after'> & {
  readonly kind: Switched['kind'];
  readonly text?: string;
  /** What is changed, if not the whole node. */
  readonly at?: readonly [start: number, end: number];
};

/** Returns every change that the operators offer for a file, and every place that none may change. */
export function findSites({ root, text }: ParsedC): { sites: Site[]; refused: Refused[] } {
  const sites: Site[] = [];
  const refused: Refused[] = [];

  const offer = (node: Node, around: Around, offers: readonly Offer[]): void => {
    if (offers.length === 0) return;
    const { function: fn } = around;
    const line = lineOf(node);
    const blocked =
      around.blocked ??
      (fn === undefined ? 'it is in no function' : undefined) ??
      (hasDirective(text.slice(node.startIndex, node.endIndex))
        ? 'a directive of the preprocessor stands in it'
        : undefined);
    if (fn === undefined || blocked !== undefined) {
      refused.push({ line, reason: blocked ?? '' });
      return;
    }
    for (const { operator, after, kind, text: switched, at } of offers) {
      const [start, end] = at ?? [node.startIndex, node.endIndex];
      const how = { kind, text: flatten(switched ?? after) };
      const where = {
        function: fn.name,
        within: fn.lines,
        line,
        lastLine: node.endPosition.row + 1,
      };
      sites.push({ operator, ...where, start, end, after: flatten(after), how });
    }
  };
  const source = (node: Node): string => text.slice(node.startIndex, node.endIndex);

  const visit = (node: Node, around: Around): void => {
    const rule = blockers[node.type];
    if (rule === 'skip') return;
    const inside = enter(node, around, text, rule);
    for (const each of offersOf(node, inside, source, text)) offer(each.node, inside, each.offers);
    for (const child of node.namedChildren) visit(child, aroundChild(node, child, inside, text));
  };
  visit(root, {});
  return { sites: sites.sort((a, b) => a.start - b.start || a.end - b.end), refused };
}

/** Kinds of nodes in which nothing is changed: with why, or not worth a word. */
const blockers: Readonly<Record<string, string>> = {
  comment: 'skip',
  preproc_include: 'skip',
  preproc_call: 'skip',
  attribute_specifier: 'skip',
  string_literal: 'skip',
  type_descriptor: 'skip',
  enum_specifier: 'a declaration of a type',
  struct_specifier: 'a declaration of a type',
  union_specifier: 'a declaration of a type',
  preproc_def: 'a macro',
  preproc_function_def: 'a macro',
  sizeof_expression: 'the compiler works it out',
  alignof_expression: 'the compiler works it out',
  offsetof_expression: 'the compiler works it out',
  subscript_designator: 'the compiler works it out',
  gnu_asm_expression: 'assembly',
  bitfield_clause: 'a declaration of a type',
  ERROR: 'the parser of C does not understand it',
};

/** Calls of which no argument is changed, and why. */
const blockedCalls: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:BUILD_BUG_ON\w*|BUG_ON|WARN_ON\w*|VM_BUG_ON\w*|WARN\w*|BUG|lockdep_\w+|might_\w+)$/,
    'an assertion',
  ],
  [/^(?:printk|pr_\w+|dev_(?:dbg|info|warn|err)|trace_\w+|panic)$/, 'what the kernel prints'],
  [/^(?:typeof|__typeof__|__builtin_\w+|container_of|asm|__asm__)$/, 'the compiler works it out'],
  [
    /^(?!(?:ERR_PTR|PTR_ERR|ERR_CAST|IS_ERR|IS_ERR_OR_NULL|PAGE_ALIGN)$)[A-Z][A-Z0-9_]*$/,
    'an argument of a macro',
  ],
];

/** Ends of loops, which look like calls: `do_each_thread(a, b) { … } while_each_thread(a, b);`. */
const loopEnds = /^while_each_\w+$/;

/** Calls that leave nothing behind which a case could see: leaving one out is no mutant. */
const withoutEffect =
  /^(?:cond_resched|cpu_relax|barrier|prefetch\w*|smp_\w+mb|schedule_timeout_\w+)$/;

const releases =
  /(?:^|_)(?:put|free|kfree|vfree|fput|mmput|dput|iput|unlock|release|unpin|destroy|drop|close|up|up_read|up_write|dec|mntput|clear|del|cleanup|uncharge|detach)(?:_|$)/;

function enter(node: Node, around: Around, text: string, rule: string | undefined): Around {
  const blocked = around.blocked ?? rule ?? blockedHere(node, text);
  const isBody = node.type === 'compound_statement' && around.function === undefined;
  const fn = isBody ? describeFunction(node, text) : around.function;
  return { ...(fn && { function: fn }), ...(blocked !== undefined && { blocked }) };
}

function blockedHere(node: Node, text: string): string | undefined {
  if (node.type !== 'call_expression') return undefined;
  const name = calleeOf(node, text);
  return blockedCalls.find(([pattern]) => pattern.test(name))?.[1];
}

function aroundChild(node: Node, child: Node, around: Around, text: string): Around {
  const block = (reason: string): Around => ({ ...around, blocked: around.blocked ?? reason });
  const is = (field: string) => node.childForFieldName(field)?.id === child.id;
  switch (node.type) {
    case 'case_statement':
      return is('value') ? block('the label of a case') : around;
    case 'array_declarator':
      return is('size') ? block('the size of an array') : around;
    case 'declaration':
      return isStatic(node, text) || around.function === undefined
        ? block('a value that the compiler works out')
        : around;
    case 'while_statement':
      return is('condition') && isLoopMacro(node, text) ? block('an argument of a macro') : around;
    case 'preproc_if':
    case 'preproc_elif':
      return is('condition') ? block('a directive of the preprocessor') : around;
    default:
      return around;
  }
}

function describeFunction(body: Node, text: string): FunctionAround {
  const { parent } = body;
  const definition = parent?.type === 'function_definition' ? parent : undefined;
  const head = definition ?? body.previousNamedSibling ?? body;
  const labels: string[] = [];
  const unset = new Set<string>();
  const look = (node: Node): void => {
    if (node.type === 'labeled_statement')
      labels.push(textOf(node.childForFieldName('label'), text));
    if (node.type === 'declaration' && !isStatic(node, text))
      for (const each of node.childrenForFieldName('declarator'))
        if (each.type !== 'init_declarator')
          unset.add(/(\w+)(?:\[[^\]]*\])*$/.exec(textOf(each, text))?.[1] ?? '');
    for (const child of node.namedChildren) look(child);
  };
  look(body);
  return {
    name: nameOfFunction(definition, head, text),
    lines: [lineOf(head), body.endPosition.row + 1],
    labels,
    unset,
  };
}

/** A function's name; of one that a macro declares, the macro's first argument. */
function nameOfFunction(definition: Node | undefined, head: Node, text: string): string {
  for (
    let at = definition?.childForFieldName('declarator') ?? undefined;
    at !== undefined;
    at = at.childForFieldName('declarator') ?? undefined
  )
    if (at.childForFieldName('declarator')?.type === 'identifier')
      return textOf(at.childForFieldName('declarator'), text);
  return /\w+\s*\(\s*(\w+)/.exec(textOf(head, text))?.[1] ?? 'unknown';
}

interface Offered {
  readonly node: Node;
  readonly offers: readonly Offer[];
}

function offersOf(
  node: Node,
  around: Around,
  source: (node: Node) => string,
  text: string,
): Offered[] {
  switch (node.type) {
    case 'if_statement':
      return truths(insideOf(node.childForFieldName('condition')), source, true);
    case 'while_statement':
      if (isLoopMacro(node, text)) return [];
      return truths(insideOf(node.childForFieldName('condition')), source, false);
    case 'do_statement':
      return truths(insideOf(node.childForFieldName('condition')), source, false);
    case 'for_statement':
      return truths(node.childForFieldName('condition'), source, false);
    case 'conditional_expression':
      // Of `a ?: b` the condition is the value as well.
      return node.childForFieldName('consequence') === null
        ? []
        : truths(node.childForFieldName('condition'), source, true);
    case 'binary_expression':
      return offersOfBinary(node, source);
    case 'unary_expression':
      return offersOfErrno(node, source);
    case 'number_literal':
      return offersOfNumber(node, source);
    case 'expression_statement':
      return offersOfStatement(node, around, source, text);
    case 'goto_statement':
      return offersOfGoto(node, around, text);
    case 'preproc_def':
    case 'preproc_function_def': {
      // What the macro comes to is text to the parser: all of it counts as one place.
      const value = node.childForFieldName('value');
      return value === null
        ? []
        : [{ node, offers: [{ operator: 'constant-shifted', after: '', kind: 'value' }] }];
    }
    default:
      return [];
  }
}

function truths(condition: Node | null, source: (node: Node) => string, both: boolean): Offered[] {
  if (condition === null || isConstant(source(condition))) return [];
  const never: Offer = { operator: 'condition-false', after: '0', kind: 'truth' };
  const always: Offer = { operator: 'condition-true', after: '1', kind: 'truth' };
  return [{ node: condition, offers: both ? [never, always] : [never] }];
}

/** The comparison that each becomes: the one whose answer differs at the border, or everywhere. */
const shifted: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '==': '!=',
  '!=': '==',
};

function offersOfBinary(node: Node, source: (node: Node) => string): Offered[] {
  const [left, right] = [node.childForFieldName('left'), node.childForFieldName('right')];
  const sign = node.childForFieldName('operator')?.type ?? '';
  if (left === null || right === null) return [];
  if (sign === '&&' || sign === '||') {
    const neutral: Offer = {
      operator: 'term-dropped',
      after: sign === '&&' ? '1' : '0',
      kind: 'truth',
    };
    return [left, right]
      .filter((term) => signOf(term) !== sign && !isConstant(source(term)))
      .map((term) => ({ node: term, offers: [neutral] }));
  }
  const other = shifted[sign];
  // A condition as a whole that is turned is caught where it is forced, and no better mutant.
  const isCondition =
    (sign === '==' || sign === '!=') && /^(?:if|while|do)_statement$/.test(grandparentType(node));
  if (other !== undefined && !isCondition)
    return [
      {
        node,
        offers: [
          {
            operator: 'comparison-shifted',
            after: `${source(left)} ${other} ${source(right)}`,
            kind: 'value',
          },
        ],
      },
    ];
  if (sign === '|')
    return [left, right]
      .filter((flag) => isConstant(source(flag)) && signOf(flag) !== '|')
      .map((flag) => ({
        node: flag,
        offers: [{ operator: 'flag-dropped', after: '0', kind: 'value' }],
      }));
  return [];
}

function offersOfErrno(node: Node, source: (node: Node) => string): Offered[] {
  const name = /^-\s*(E[A-Z0-9]+)$/.exec(source(node))?.[1];
  if (name === undefined) return [];
  const after = `-${otherErrno[name] ?? 'EINVAL'}`;
  return [{ node, offers: [{ operator: 'errno-swapped', after, kind: 'value' }] }];
}

/** The error number that stands for another; for all that are not here, EINVAL. */
const otherErrno: Readonly<Record<string, string>> = {
  EINVAL: 'EPERM',
  EPERM: 'EACCES',
  EBUSY: 'EAGAIN',
  EAGAIN: 'EBUSY',
  ENOMEM: 'ENOSPC',
  ENOSYS: 'EOPNOTSUPP',
};

function offersOfNumber(node: Node, source: (node: Node) => string): Offered[] {
  const number = source(node);
  const [, sign = '', digits = '', suffix = ''] =
    /^(-?)(0[xX][\da-fA-F]+|\d+)([uUlL]*)$/.exec(number) ?? [];
  if (digits === '' || node.parent?.type === 'concatenated_string') return [];
  const isHex = /^0x/i.test(digits);
  const isOctal = /^0\d/.test(digits);
  const value = isOctal ? BigInt(`0o${digits}`) : BigInt(digits);
  const more = sign === '-' ? value - 1n : value + 1n;
  const written = isHex
    ? `0x${more.toString(16)}`
    : isOctal
      ? `0${more.toString(8)}`
      : String(more);
  const after = `${more === 0n ? '' : sign}${written}${suffix}`;
  return [{ node, offers: [{ operator: 'constant-shifted', after, kind: 'value' }] }];
}

function offersOfStatement(
  node: Node,
  { function: fn, blocked }: Around,
  source: (node: Node) => string,
  text: string,
): Offered[] {
  const [expression] = node.namedChildren;
  if (!expression || fn === undefined || blocked !== undefined || node.hasError) return [];
  switch (expression.type) {
    case 'assignment_expression': {
      const left = expression.childForFieldName('left');
      const sign = expression.childForFieldName('operator')?.type;
      const name = left?.type === 'identifier' ? source(left) : undefined;
      // Of a variable without a value the compiler may think whatever suits it: 0 is what it gets.
      const dropped: Offer =
        name !== undefined && sign === '=' && fn.unset.has(name)
          ? {
              operator: 'assignment-dropped',
              after: `${name} = 0;`,
              kind: 'statement',
              text: `__builtin_memset(&${name}, 0, sizeof(${name}));`,
            }
          : { operator: 'assignment-dropped', after: '', kind: 'statement' };
      return [{ node, offers: [dropped] }];
    }
    case 'update_expression':
      return [{ node, offers: [{ operator: 'assignment-dropped', after: '', kind: 'statement' }] }];
    case 'call_expression': {
      const name = calleeOf(expression, text);
      const isLeft = withoutEffect.test(name) || loopEnds.test(name);
      if (isLeft || blockedCalls.some(([pattern]) => pattern.test(name))) return [];
      const operator = releases.test(name) ? 'release-dropped' : 'call-dropped';
      return [{ node, offers: [{ operator, after: '', kind: 'statement' }] }];
    }
    default:
      return [];
  }
}

function offersOfGoto(node: Node, { function: fn }: Around, text: string): Offered[] {
  const label = textOf(node.childForFieldName('label'), text);
  const next = fn?.labels[fn.labels.indexOf(label) + 1];
  if (fn?.labels.includes(label) !== true || next === undefined) return [];
  const after = `goto ${next};`;
  return [{ node, offers: [{ operator: 'goto-shifted', after, kind: 'statement' }] }];
}

/** Whether an expression names nothing but macros and numbers. */
function isConstant(expression: string): boolean {
  return /^[A-Z0-9_xULul\s()|&<>=!+*/~,-]*$/.test(
    expression.replace(/\bsizeof\s*\([^()]*\)/g, '1'),
  );
}

function isLoopMacro(node: Node, text: string): boolean {
  return !/^while\b/.test(text.slice(node.startIndex, node.startIndex + 6));
}

function isStatic(node: Node, text: string): boolean {
  return node.namedChildren.some(
    (child) =>
      child.type === 'storage_class_specifier' && /static|extern/.test(textOf(child, text)),
  );
}

function calleeOf(node: Node, text: string): string {
  return textOf(node.childForFieldName('function'), text);
}

/** What stands in the brackets of a condition. */
function insideOf(condition: Node | null): Node | null {
  if (condition?.type !== 'parenthesized_expression') return condition;
  return condition.namedChildren.find((child) => child.type !== 'comment') ?? null;
}

function signOf(node: Node): string {
  return node.type === 'binary_expression' ? (node.childForFieldName('operator')?.type ?? '') : '';
}

function grandparentType(node: Node): string {
  return node.parent?.type === 'parenthesized_expression' ? (node.parent.parent?.type ?? '') : '';
}

function textOf(node: Node | null, text: string): string {
  return node === null ? '' : text.slice(node.startIndex, node.endIndex);
}

function lineOf(node: Node): number {
  return node.startPosition.row + 1;
}

function hasDirective(text: string): boolean {
  return /^\s*#/m.test(text);
}

/** Returns C on one line, so that what follows it keeps its own. */
function flatten(text: string): string {
  return text
    .replace(/\/\*[^]*?\*\/|\/\/.*/g, ' ')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}
