import type { Image } from '../../kernel/base.ts';
import type { Context } from '../core/context.ts';
import type { Project } from '../core/project.ts';
import { labError } from '../core/errors.ts';
import { bootGuest } from '../guest/boot-guest.ts';
import { prepareGuests, type GuestParts } from '../session/prepare.ts';

/**
 * Returns a function that boots an image to its SSH server and ends the guest. It throws what
 * kept it from coming up, and `boot-complaint` if the kernel complained on the way.
 */
export function createBooter({
  programs,
}: Pick<Project, 'programs'>): (image: Image, context: Context) => Promise<void> {
  let parts: Promise<GuestParts> | undefined;
  return async (image, context) => {
    parts ??= prepareGuests([image.base], { accel: undefined, programs }, context);
    const options = { ...(await parts), images: [image], folder: context.scratch };
    const running = await bootGuest(image, `${image.base.name}-check`, options, context);
    await running.kill();
    const complaint = running.console.findings.find(({ fatal }) => fatal);
    if (complaint === undefined) return;
    throw labError({
      code: 'boot-complaint',
      fault: 'boot',
      doing: `booting ${image.base.name}`,
      what: complaint.line,
      next: 'The complaint is below; the newest patch of this prefix is the first suspect.',
      details: complaint.lines,
    });
  };
}
