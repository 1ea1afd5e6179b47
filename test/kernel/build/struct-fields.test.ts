import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { withDir } from 'tmp-promise';
import { readElf } from '../../../kernel/build/elf.ts';
import { readStructFields, type StructFields } from '../../../kernel/build/struct-fields.ts';

const first = `struct inner { int a; };
struct hidden;
typedef struct { int ldt; unsigned long vdso; } context_t;
union either { char byte; long word; };
struct outer {
	volatile long state;
	struct inner in;
	context_t context;
	union { int left; struct { char right, far; }; };
	struct { unsigned long *address; union { int x, y; } place; } futex, twice[2];
	unsigned int bit : 1, : 3, other : 2;
	struct hidden *unseen;
	char name[16];
	struct outer *next;
	unsigned char rest[];
};
struct empty { };
struct outer *outer;
struct empty *empty;
union either either;
int entry(void) { return outer ? (int)outer->state : either.byte; }
`;

const second = `struct inner { int a; };
struct inner inner;
`;

const names = new Set(['outer', 'inner', 'context_t', 'either', 'hidden', 'empty', 'nowhere']);

/** Compiles files into one program and returns what it says of structs. */
async function fieldsOf(
  flags: readonly string[],
  ...sources: readonly string[]
): Promise<StructFields> {
  return withDir(
    async ({ path: folder }) => {
      const files = sources.map((_, index) => `${index}.c`);
      for (const [index, text] of sources.entries())
        await writeFile(join(folder, `${index}.c`), text);
      const common = ['-nostdlib', '-static', '-no-pie', '-Wl,-e,entry', '-fcf-protection=none'];
      await execa('gcc', [...common, ...flags, '-o', 'out', ...files], { cwd: folder });
      return readStructFields(await readElf(join(folder, 'out')), names);
    },
    { unsafeCleanup: true },
  );
}

describe('the fields of structs', () => {
  for (const flags of [2, 3, 4, 5].map((version) => [`-gdwarf-${version}`]))
    for (const more of [[], ['-gz=zlib'], ['-gdwarf64']])
      it(`are found in ${[...flags, ...more].join(' ')}`, async () => {
        const fields = await fieldsOf([...flags, ...more, '-O2'], first, second);
        assert.deepEqual(fields.get('outer'), [
          ...['state', 'in', 'context', 'left', 'right', 'far'],
          ...['futex.address', 'futex.place.x', 'futex.place.y'],
          ...['twice.address', 'twice.place.x', 'twice.place.y'],
          ...['bit', 'other', 'unseen', 'name', 'next', 'rest'],
        ]);
        assert.deepEqual(fields.get('inner'), ['a']);
        assert.deepEqual(fields.get('context_t'), ['ldt', 'vdso']);
        assert.deepEqual(fields.get('either'), ['byte', 'word']);
        assert.deepEqual(fields.get('empty'), []);
      });

  it('of what is only declared, or not there, are not told', async () => {
    const fields = await fieldsOf(['-g'], first, second);
    assert.deepEqual([fields.has('hidden'), fields.has('nowhere')], [false, false]);
  });

  it('of a name with two meanings are none', async () => {
    const other = 'struct inner { int b; };\nstruct inner inner;\n';
    await assert.rejects(fieldsOf(['-g'], first, other), /two structs are called inner: \{ a \}/);
  });

  it('are not there without debugging information', async () => {
    assert.equal((await fieldsOf([], first)).size, 0);
  });
});
