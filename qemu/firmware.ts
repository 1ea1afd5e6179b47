import { writeFile } from 'node:fs/promises';

/**
 * A whole guest in 88 bytes: firmware that prints `A`, enters 32-bit protected mode,
 * prints `B`, counts down from `loopCount` and prints `C`. The first two bytes prove
 * nothing: on a host whose processor offers no virtualisation KVM still emulates real
 * mode and the switch, instruction by instruction, and then stays for ever. Only a
 * processor that really runs the guest reaches `C` in time.
 *
 * The bytes are what an assembler makes of the text beside them. They lie at
 * 0xffffff00, the last 256 bytes below 4 GiB, so that the reset vector (0xfffffff0,
 * in real mode f000:fff0) can jump back to their start.
 */
const code = [
  'fa', //                      cli
  'b0 41', //                   mov   $'A', %al
  'ba f8 03', //                mov   $0x3f8, %dx        the first serial port's data register
  'ee', //                      out   %al, %dx
  '2e 66 0f 01 16 39 ff', //    lgdtl %cs:0xff39         the descriptor-table pointer below
  '0f 20 c0', //                mov   %cr0, %eax
  '0c 01', //                   or    $1, %al            protection enable
  '0f 22 c0', //                mov   %eax, %cr0
  '66 ea 1e ff ff ff 08 00', // ljmpl $8, $0xffffff1e
  '66 b8 10 00', //             mov   $0x10, %ax         (0xffffff1e, 32-bit from here)
  '8e d8', //                   mov   %ax, %ds
  '66 ba f8 03', //             mov   $0x3f8, %dx
  'b0 42', //                   mov   $'B', %al
  'ee', //                      out   %al, %dx
  'b9 00 2d 31 01', //          mov   $20000000, %ecx    loopCount
  '49', //                   1: dec   %ecx
  '75 fd', //                   jnz   1b
  'b0 43', //                   mov   $'C', %al
  'ee', //                      out   %al, %dx
  'f4', //                   2: hlt
  'eb fd', //                   jmp   2b
  '17 00 40 ff ff ff', //       (0xffffff39) limit 23, base 0xffffff40
  '90', //                      padding to 0xffffff40
  '00 00 00 00 00 00 00 00', // null descriptor
  'ff ff 00 00 00 9b cf 00', // 0x08: flat 32-bit code
  'ff ff 00 00 00 93 cf 00', // 0x10: flat 32-bit data
];

/** At the reset vector: `jmp` back to the start of the code, 0xf0 bytes before. */
const resetVector = 'e9 0d ff';

/** Turns of the firmware's loop between `B` and `C`. */
export const loopCount = 20_000_000;

/** QEMU takes firmware in multiples of 64 KiB. */
const imageSize = 65_536;

/** Returns the probe firmware as QEMU's `-bios` wants it. */
export function buildFirmware(): Buffer {
  const image = Buffer.alloc(imageSize);
  bytesOf(code.join(' ')).copy(image, imageSize - 0x100);
  bytesOf(resetVector).copy(image, imageSize - 0x10);
  return image;
}

/** Writes the probe firmware to a file. Throws what the file system throws. */
export async function writeFirmware(path: string): Promise<void> {
  await writeFile(path, buildFirmware());
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}
