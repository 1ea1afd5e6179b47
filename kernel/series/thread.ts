import { labError } from '../../harness/core/errors.ts';
import type { Mail } from './mail.ts';
import type { Mailbox } from './mailbox.ts';
import type { ErrorCode } from '../../harness/core/error-codes.ts';

/** A series as it was mailed. */
export interface MailedSeries {
  /** In the order in which they apply. */
  readonly patches: readonly Mail[];
  readonly cover: Mail | undefined;
  readonly version: number;
  readonly baseCommit: string | undefined;
  /** What lies in the mailbox beside it, a line each. */
  readonly leftOut: readonly string[];
}

/** The mails that were sent as one version of one series. */
interface Sending {
  readonly version: number;
  readonly resend: boolean;
  /** Undefined where the patches have no numbers. */
  readonly total: number | undefined;
  /** The first mail of the thread, which may lie elsewhere. */
  readonly root: string;
  readonly mails: readonly Mail[];
}

/**
 * Returns the series that lies in a mailbox, its newest version if there are several; answers,
 * and patches in answers, are left out. Throws (usage) `mailbox-no-patches`,
 * `mailbox-several-series`, `mail-patch-missing`, `mail-patch-twice`, `mail-patch-empty`,
 * `mail-flowed`.
 */
export function chooseSeries({ mails, ordered }: Mailbox, path: string): MailedSeries {
  const refuse = refuser(path);
  const patches = onlyPatches(withoutCopies(mails));
  if (patches.length === 0)
    throw refuse(
      'mailbox-no-patches',
      `none of its ${mails.length} mails is a patch`,
      'A patch has a diff in its text, and a subject that does not begin with "Re:".',
    );
  const sendings = groupBySending(patches);
  const related = chooseRelated(sendings, refuse);
  const [chosen, ...others] = [...related].sort(newestFirst);
  if (chosen === undefined) throw new Error('a group of sendings is never empty');
  const inOrder =
    chosen.total === undefined
      ? orderPlain(chosen, ordered, refuse)
      : orderNumbered(chosen, refuse);
  for (const mail of inOrder) refuseDamage(mail, refuse);
  const cover = chosen.mails.find(({ tag }) => tag?.number === 0);
  return {
    patches: inOrder,
    cover,
    version: chosen.version,
    baseCommit: [...(cover === undefined ? [] : [cover]), ...inOrder].find(
      ({ baseCommit }) => baseCommit !== undefined,
    )?.baseCommit,
    leftOut: others.map(describe),
  };
}

/** What came by two lists is there twice. */
function withoutCopies(mails: readonly Mail[]): Mail[] {
  const known = new Set<string>();
  return mails.filter(({ id, raw }) => {
    const key = id === '' ? raw.toString('latin1') : id;
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

/** Without brackets only a diff tells, but not where others have brackets: robots quote commits. */
function onlyPatches(mails: readonly Mail[]): Mail[] {
  const own = mails.filter(({ reply }) => !reply);
  const tagged = own.filter(
    ({ tag, hasDiff }) => tag !== undefined && (tag.number !== undefined || hasDiff),
  );
  return tagged.length > 0 ? tagged : own.filter(({ hasDiff }) => hasDiff);
}

/** Begins the root of mails that have no thread; no Message-ID holds a space. */
const bySender = 'from ';

function groupBySending(mails: readonly Mail[]): Sending[] {
  const byId = new Map(mails.map((mail) => [mail.id, mail]));
  const answered = new Set(mails.flatMap(({ references }) => references));
  const groups = new Map<string, Sending>();
  for (const mail of mails) {
    const { version = 1, resend = false, total } = mail.tag ?? {};
    // Sent without threads, each stands alone: the sender is what they have in common.
    const alone = mail.references.length === 0 && !answered.has(mail.id);
    const root = alone ? `${bySender}${mail.sender}` : rootOf(mail, byId);
    const key = JSON.stringify([version, resend, total, root]);
    const before = groups.get(key)?.mails ?? [];
    groups.set(key, { version, resend, total, root, mails: [...before, mail] });
  }
  return [...groups.values()];
}

/** The oldest mail that one leads to; references are not always whole. */
function rootOf(mail: Mail, byId: ReadonlyMap<string, Mail>): string {
  const seen = new Set<string>();
  let [current, root]: [Mail | undefined, string] = [mail, mail.id];
  while (current !== undefined && !seen.has(root)) {
    seen.add(root);
    const [first] = current.references;
    if (first === undefined) break;
    root = first;
    current = byId.get(first);
  }
  return root;
}

/** Versions of a series share a thread, or the subject of a patch. */
function chooseRelated(sendings: readonly Sending[], refuse: Refuse): readonly Sending[] {
  const subjectsOf = ({ mails }: Sending): string[] =>
    mails.map(({ subject }) => subject.toLowerCase());
  const isRelated = (a: Sending, b: Sending): boolean =>
    (a.root === b.root && !a.root.startsWith(bySender)) ||
    subjectsOf(a).some((subject) => subjectsOf(b).includes(subject));
  const groups: Sending[][] = [];
  for (const sending of sendings) {
    const near = groups.filter((group) => group.some((other) => isRelated(sending, other)));
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([sending, ...near.flat()]);
  }
  const [only, ...others] = groups;
  if (only !== undefined && others.length === 0) return only;
  throw refuse(
    'mailbox-several-series',
    `${groups.length} series lie in it`,
    'Give one of them alone.',
    groups.flat().map(describe),
  );
}

/** Patches without numbers in a thread of numbered ones are somebody's afterthoughts. */
function newestFirst(a: Sending, b: Sending): number {
  return (
    Number(b.total !== undefined) - Number(a.total !== undefined) ||
    b.version - a.version ||
    Number(b.resend) - Number(a.resend) ||
    lastOf(b) - lastOf(a)
  );
}

function lastOf({ mails }: Sending): number {
  return Math.max(...mails.map(({ time }) => time));
}

function orderNumbered({ version, total = 0, mails }: Sending, refuse: Refuse): Mail[] {
  const name = version === 1 ? '' : ` of v${version}`;
  const places = Array.from({ length: total }, (_, index) => index + 1);
  const found = places.map((number) => mails.filter(({ tag }) => tag?.number === number));
  const twice = found.findIndex((same) => same.length > 1);
  if (twice >= 0)
    throw refuse(
      'mail-patch-twice',
      `two mails are patch ${twice + 1}/${total}${name}`,
      'Leave one of them out.',
      (found[twice] ?? []).map(({ place, subject }) => `${place}: ${subject}`),
    );
  const shortlog = mails.find(({ tag }) => tag?.number === 0)?.shortlog ?? [];
  const missing = places.filter((_, index) => found[index]?.length === 0);
  if (missing.length > 0)
    throw refuse(
      'mail-patch-missing',
      `patch ${missing.map((number) => `${number}/${total}`).join(', ')}${name} is not in it`,
      'Fetch the whole thread again, or save the missing mail into it.',
      missing.flatMap((number) => {
        const subject = shortlog.length === total ? shortlog[number - 1] : undefined;
        return subject === undefined ? [] : [`${number}/${total}: ${subject}`];
      }),
    );
  return found.flat();
}

function orderPlain({ mails }: Sending, ordered: boolean, refuse: Refuse): Mail[] {
  if (ordered || mails.length === 1) return [...mails];
  throw refuse(
    'mailbox-no-order',
    `its ${mails.length} patches have no numbers, and a folder of mails has no order`,
    'Save them into one mbox in the order in which they apply.',
    mails.map(({ place, subject }) => `${place}: ${subject}`),
  );
}

function refuseDamage({ hasDiff, flowed, place, subject }: Mail, refuse: Refuse): void {
  if (!hasDiff)
    throw refuse(
      'mail-patch-empty',
      `${place} (${subject}) holds no diff`,
      'Get the patch as it was sent: as plain text, not as HTML or a link.',
    );
  if (flowed)
    throw refuse(
      'mail-flowed',
      `${place} (${subject}) was sent as format=flowed, which breaks the lines of a patch`,
      'Have it sent again with git send-email, or as an attachment.',
    );
}

function describe({ version, resend, total, mails }: Sending): string {
  const first = [...mails].sort((a, b) => (a.tag?.number ?? 1) - (b.tag?.number ?? 1))[0];
  const patches = total ?? mails.length;
  const name = `${resend ? 'RESEND ' : ''}v${version}`;
  return `${name}, ${patches} patch${patches === 1 ? '' : 'es'}: ${first?.subject ?? ''}`;
}

type Refuse = (code: ErrorCode, what: string, next: string, details?: readonly string[]) => Error;

function refuser(path: string): Refuse {
  return (code, what, next, details = []) =>
    labError({
      ...{ code, fault: 'usage', doing: `reading the mailed series ${path}` },
      what,
      next,
      details,
    });
}
