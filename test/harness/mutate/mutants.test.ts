import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findMutants } from '../../../harness/mutate/find-mutants.ts';
import { operators, type Operator } from '../../../harness/mutate/mutant.ts';
import {
  applyMutant,
  switchName,
  switchOf,
  writeSwitches,
  type NumberedMutant,
} from '../../../harness/mutate/switches.ts';

async function mutantsOf(text: string, file = 'kernel/x.c') {
  return (await findMutants(file, text, () => true)).mutants;
}

async function notTriedOf(text: string, file = 'kernel/x.c') {
  return (await findMutants(file, text, () => true)).notTried.map(({ reason }) => reason);
}

/** What an operator makes of a function's body. */
const changes: readonly (readonly [Operator, body: string, become: readonly string[]])[] = [
  ['condition-false', 'if (a) f();', ['if (0) f();']],
  ['condition-true', 'if (a) f();', ['if (1) f();']],
  ['condition-false', 'if (!a && b) f();', ['if (0) f();']],
  ['condition-false', 'if ((a = f())) g();', ['if (0) g();']],
  ['condition-false', 'while (a) f();', ['while (0) f();']],
  ['condition-false', 'do f(); while (a);', ['do f(); while (0);']],
  ['condition-false', 'for (a = 0; a < b; a++) f();', ['for (a = 0; 0; a++) f();']],
  ['condition-true', 'while (a) f();', []],
  ['condition-true', 'return a ? b : c;', ['return 1 ? b : c;']],
  ['condition-false', 'return f(a) ?: c;', []],
  ['condition-false', 'if (CONFIG_X) f();', []],
  ['condition-false', 'if (sizeof(long) == 8) f();', []],
  ['condition-false', 'list_for_each_entry(a, &b->list, member) f(a);', []],
  ['term-dropped', 'if (a && b) f();', ['if (1 && b) f();', 'if (a && 1) f();']],
  ['term-dropped', 'return a || b;', ['return 0 || b;', 'return a || 0;']],
  [
    'term-dropped',
    'return a || b || c;',
    ['return 0 || b || c;', 'return a || 0 || c;', 'return a || b || 0;'],
  ],
  ['comparison-shifted', 'if (a < b) f();', ['if (a <= b) f();']],
  ['comparison-shifted', 'return a >= b;', ['return a > b;']],
  ['comparison-shifted', 'return a == b;', ['return a != b;']],
  ['comparison-shifted', 'if (a == b) f();', []],
  ['comparison-shifted', 'if (a ==\n    b && c) f();', ['if (a != b && c) f();']],
  ['errno-swapped', 'return -EINVAL;', ['return -EPERM;']],
  ['errno-swapped', 'return -ESRCH;', ['return -EINVAL;']],
  ['errno-swapped', 'switch (a) { case -EINVAL: f(); }', []],
  ['release-dropped', 'kfree(p);', ['']],
  ['release-dropped', 'if (a) put_task_struct(p); else f();', ['if (a)  else f();']],
  ['release-dropped', 'up_read(&mm->mmap_sem);', ['']],
  ['release-dropped', 'rcu_read_unlock();', ['']],
  ['release-dropped', 'input_report(p);', []],
  ['call-dropped', 'input_report(p);', ['']],
  ['call-dropped', 'printk("%d", 1);', []],
  ['call-dropped', 'cond_resched();', []],
  ['call-dropped', 'do_each_thread(a, b) { a = 1; } while_each_thread(a, b);', []],
  ['call-dropped', 'a = f();', []],
  ['assignment-dropped', 'p->x = f();', ['']],
  ['assignment-dropped', 'a |= 4;', ['']],
  ['assignment-dropped', 'a++;', ['']],
  ['assignment-dropped', 'int e; e = f();', ['int e; e = 0;']],
  ['assignment-dropped', 'int e = 1; e = f();', ['int e = 1; ']],
  ['assignment-dropped', 'struct x *p; p->x = f();', ['struct x *p; ']],
  ['constant-shifted', 'return 0;', ['return 1;']],
  ['constant-shifted', 'return -1;', ['return 0;']],
  ['constant-shifted', 'return 0x1fUL;', ['return 0x20UL;']],
  ['constant-shifted', 'return 0777;', ['return 01000;']],
  ['constant-shifted', 'char b[4]; f(b, 4);', ['char b[4]; f(b, 5);']],
  ['constant-shifted', 'static int a = 3;', []],
  ['constant-shifted', 'int a = 3;', ['int a = 4;']],
  ['constant-shifted', 'BUILD_BUG_ON(3);', []],
  ['constant-shifted', 'return sizeof(a[3]);', []],
  ['constant-shifted', 'asm("nop" : : "i" (3));', []],
  ['flag-dropped', 'f(A | B);', ['f(0 | B);', 'f(A | 0);']],
  ['flag-dropped', 'f(a | B);', ['f(a | 0);']],
  ['flag-dropped', 'f(A | B | C);', ['f(0 | B | C);', 'f(A | 0 | C);', 'f(A | B | 0);']],
  ['goto-shifted', 'goto out; out: f(); last: g();', ['goto last; out: f(); last: g();']],
  ['goto-shifted', 'goto last; out: f(); last: g();', []],
];

describe('operators', () => {
  for (const [operator, body, become] of changes)
    it(`${operator}: ${body.replaceAll('\n', ' ')}`, async () => {
      const around = (inside: string) => `int fn(int a)\n{\n\t${inside}\n}\n`;
      const found = (await mutantsOf(around(body))).filter((each) => each.operator === operator);
      assert.deepEqual(
        found.map((each) => applyMutant(around(body), each)),
        become.map(around),
      );
    });

  it('each has a row here', () => {
    const named = new Set(changes.map(([operator]) => operator));
    assert.deepEqual([...named].sort(), Object.keys(operators).sort());
  });

  it("know a macro's function and the annotations of a kernel", async () => {
    const text = [
      'SYSCALL_DEFINE3(freeze, pid_t, pid, unsigned long, flags)',
      '{',
      '\treturn copy((char __user *)flags, 7);',
      '}',
      'static int __init start(void) { return 9; }',
      'asmlinkage long sys_old(void) { return 11; }',
    ].join('\n');
    const found = await mutantsOf(text);
    assert.deepEqual(
      found.map(({ function: name, before, after, lines }) => [name, before, after, lines[0]]),
      [
        ['freeze', '7', '8', 3],
        ['start', '9', '10', 5],
        ['sys_old', '11', '12', 6],
      ],
    );
  });
});

/** What is refused in a file, with why. */
const refusals: readonly (readonly [text: string, reasons: readonly string[], file?: string])[] = [
  ['#define SIZE 4', ['a macro']],
  ['enum { A = 4 };', ['a declaration of a type']],
  ['struct s { int a[4]; };', ['a declaration of a type']],
  ['static int table[] = { 1, 2 };', Array(2).fill('a value that the compiler works out')],
  ['void f(void) { static int a = 1; }', ['a value that the compiler works out']],
  ['void f(int a) { switch (a) { case 1: return; } }', ['the label of a case']],
  ['void f(void) { char a[8]; }', ['the size of an array']],
  ['void f(int a) { WARN_ON(a > 1); }', Array(2).fill('an assertion')],
  ['void f(int a) { printk("%d", 1); }', ['what the kernel prints']],
  ['int f(void) { return 1; }', ['code that does not run in the kernel'], 'arch/x86/vdso/vclock.c'],
  ['int f(void) { return 1; }', [], 'arch/x86/vdso/vma.c'],
  ['\tmovl $1, %eax', [], 'arch/x86/kernel/entry.S'],
];

describe('what is not tried', () => {
  for (const [text, reasons, file] of refusals)
    it(text.replaceAll('\n', ' | '), async () => {
      assert.deepEqual(await notTriedOf(text, file), reasons);
    });
});

describe('names of mutants', () => {
  const text = 'int f(int a)\n{\n\tg(1);\n\tg(1);\n\treturn a;\n}\n';

  it('tell the same change at two places apart', async () => {
    const ids = (await mutantsOf(text)).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('stay when lines before them come or go', async () => {
    const ids = (await mutantsOf(text)).map(({ id }) => id);
    const later = await mutantsOf(`/* a word */\n\n${text}`);
    assert.deepEqual(
      later.map(({ id }) => id),
      ids,
    );
    assert.equal(later[0]?.lines[0], 5);
  });
});

/** C of a kernel's kind, with all that the operators change, that a host's compiler takes. */
const program = `#define EINVAL 22
#define ENOMEM 12
#define EPERM 1
#define EACCES 13
#define ENOSPC 28
#define READ 1
#define WRITE 2
struct task { struct task *next; int flags, uid; char name[16]; };
extern int start(struct task *t, int flags), look(struct task *t);
extern void put_task(struct task *t), tell(int);
#define lock_task(t) do { tell(1); } while (0)
static int check(struct task *t, int uid, unsigned int len)
{
	if (!t || (t->uid != uid &&
		   uid > 0))
		return -EPERM;
	if (len < 4 || len > sizeof(t->name))
		return -EINVAL;
	return t->flags & (READ | WRITE) ? 0 : -ENOMEM;
}

int run(struct task *all, int uid, unsigned int len)
{
	struct task *t;
	int err, n = 0;

	for (t = all; t; t = t->next) {
		err = check(t, uid, len);
		if (err)
			goto out;
		lock_task(t);
		if (len == 7) put_task(t); else t->flags |= READ;
		n++;
		t->name[len - 1] = 0;
		err = start(t, READ | WRITE);
		if (err < 0)
			goto out_put;
	}
	err = n;
	return err;
out_put:
	put_task(t);
out:
	while (look(t) == 3 && n-- > 0)
		tell(n);
	return err;
}
`;

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'mutants-'));
  return work(folder).finally(() => rm(folder, { recursive: true, force: true }));
}

function number(mutants: readonly Omit<NumberedMutant, 'number'>[]): NumberedMutant[] {
  return mutants.map((mutant, index) => ({ ...mutant, number: index + 1 }));
}

function compile(folder: string, name: string): Promise<string> {
  const flags = ['-O2', '-std=gnu89', '-Wall', '-Werror', '-S', '-fno-asynchronous-unwind-tables'];
  execFileSync('gcc', [...flags, '-o', `${name}.s`, `${name}.c`], { cwd: folder });
  return readFile(join(folder, `${name}.s`), 'utf8');
}

describe('a program with switches', () => {
  it('is the same program while none is on', async () => {
    const mutants = number(await mutantsOf(program));
    assert.ok(mutants.length > 50, `${mutants.length} mutants`);
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'plain.c'), program);
      await writeFile(
        join(folder, 'switched.c'),
        writeSwitches(program, mutants, () => '0'),
      );
      const withoutName = (text: string) => text.replace(/^\s*\.file.*\n/m, '');
      const plain = withoutName(await compile(folder, 'plain'));
      assert.equal(withoutName(await compile(folder, 'switched')), plain);
    });
  });

  it('is each of its mutants while that is on', async () => {
    const mutants = number(await mutantsOf(program));
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'plain.c'), program);
      const plain = await compile(folder, 'plain');
      for (const { number: wanted, operator, how } of mutants.filter(
        (_, index) => index % 4 === 0,
      )) {
        await writeFile(
          join(folder, 'switched.c'),
          writeSwitches(program, mutants, (each) => (each === wanted ? '1' : '0')),
        );
        const switched = await compile(folder, 'switched');
        const named = switched.replace('switched.c', 'plain.c');
        assert.notEqual(named, plain, `${operator} ${how.text} changes nothing`);
      }
    });
  });

  it('compiles with real switches and keeps its lines', async () => {
    const mutants = number(await mutantsOf(program));
    const text = writeSwitches(program, mutants);
    assert.equal(text.split('\n').length, program.split('\n').length);
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'real.c'), text);
      assert.ok((await compile(folder, 'real')).includes(switchName));
    });
    assert.ok(text.includes(switchOf(1)));
  });
});
