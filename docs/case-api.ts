// Prints the page: node --import tsx docs/case-api.ts > docs/case-api.md
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');

/** Where the types are that cases see, and what the page says of each file. */
const files = [
  ['harness/suite/contracts.ts', 'What every project has'],
  ['harness/case.ts', 'Suites'],
  ['cases/cr/contracts.ts', 'What c/r adds'],
] as const;

/** Returns docs/case-api.md. */
export function renderCaseApi(): string {
  const head = [
    '# The API of cases',
    '',
    '<!-- Made from the types by docs/case-api.ts. -->',
    '',
    'What a case file imports from its project ([cases/cr/case.ts](../cases/cr/case.ts)) and from',
    '[harness/case.ts](../harness/case.ts). How to write one: [writing-cases.md](writing-cases.md).',
    '',
  ];
  const sections = files.flatMap(([path, title]) => [`## ${title}`, '', ...renderFile(path)]);
  return [...head, ...sections].join('\n');
}

function renderFile(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return source.statements.filter(isExported).flatMap((statement) => {
    if (ts.isInterfaceDeclaration(statement)) return renderInterface(statement, source);
    if (ts.isTypeAliasDeclaration(statement) || ts.isFunctionDeclaration(statement))
      return renderOther(statement, source);
    if (ts.isVariableStatement(statement)) return renderOther(statement, source);
    return [];
  });
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

function renderInterface(declared: ts.InterfaceDeclaration, source: ts.SourceFile): string[] {
  const bases = declared.heritageClauses?.map((clause) => clause.getText(source)) ?? [];
  const members = declared.members.map((member) => {
    const words = docOf(member);
    const signature = codeOf(member.getText(source)).replace(/;$/, '');
    return `- ${signature}${words === '' ? '' : `<br>${words}`}`;
  });
  return [
    `### ${[declared.name.text, ...bases].join(' ')}`,
    '',
    ...paragraphOf(declared),
    ...members,
    '',
  ];
}

type Other = ts.TypeAliasDeclaration | ts.FunctionDeclaration | ts.VariableStatement;

function renderOther(declared: Other, source: ts.SourceFile): string[] {
  const name = ts.isVariableStatement(declared)
    ? declared.declarationList.declarations.map((each) => each.name.getText(source)).join(', ')
    : (declared.name?.text ?? '');
  const shown = ts.isTypeAliasDeclaration(declared) ? [codeOf(declared.type.getText(source)), ''] : [];
  return [`### ${name}`, '', ...paragraphOf(declared), ...shown];
}

function paragraphOf(node: ts.Node): string[] {
  const words = docOf(node);
  return words === '' ? [] : [words, ''];
}

/** Returns the words of a doc comment as one line. */
function docOf(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function codeOf(text: string): string {
  return `\`${text.replace(/^readonly /, '').replace(/\s+/g, ' ').replace(/;$/, '')}\``;
}

if (process.argv[1] === import.meta.filename) process.stdout.write(renderCaseApi());
