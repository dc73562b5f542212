/** A program for one architecture that does nothing but end with 0: its words of machine code, and how an ELF file names the machine. */
interface Machine {
  /** `e_machine` */
  readonly number: number;
  readonly bigEndian: boolean;
  readonly code: readonly number[];
}

const MACHINES: ReadonlyMap<string, Machine> = new Map([
  // xor edi, edi; mov eax, 60 (exit); syscall
  ['x86_64', { number: 62, bigEndian: false, code: [0x31, 0xff, 0xb8, 0x3c, 0x00, 0x00, 0x00, 0x0f, 0x05] }],
  // mov x0, #0; mov x8, #93 (exit); svc #0
  ['aarch64', { number: 183, bigEndian: false, code: [0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4] }],
  // lghi %r2, 0; svc 1 (exit)
  ['s390x', { number: 22, bigEndian: true, code: [0xa7, 0x29, 0x00, 0x00, 0x0a, 0x01] }],
]);

const HEADER = 64;
const SEGMENT = 56;
/** Where it is loaded. */
const BASE = 0x400000;

/** The whole ELF file: one header, one segment, and the code. Nothing for an architecture that crpm does not know. */
export function smallestProgram(arch: string): Buffer | undefined {
  const machine = MACHINES.get(arch);
  if (!machine) return undefined;
  const size = HEADER + SEGMENT + machine.code.length;
  const file = Buffer.alloc(size);
  const { bigEndian } = machine;
  const half = (value: number, at: number) => (bigEndian ? file.writeUInt16BE(value, at) : file.writeUInt16LE(value, at));
  const word = (value: number, at: number) => (bigEndian ? file.writeUInt32BE(value, at) : file.writeUInt32LE(value, at));
  const long = (value: number, at: number) => (bigEndian ? file.writeBigUInt64BE(BigInt(value), at) : file.writeBigUInt64LE(BigInt(value), at));
  // 64 bits, byte order, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, bigEndian ? 2 : 1, 1]);
  half(2, 16); // an executable
  half(machine.number, 18);
  word(1, 20);
  long(BASE + HEADER + SEGMENT, 24); // entry
  long(HEADER, 32); // where the segments are told
  half(HEADER, 52);
  half(SEGMENT, 54);
  half(1, 56);
  word(1, HEADER); // loaded
  word(5, HEADER + 4); // to be read and executed
  for (const at of [16, 24]) long(BASE, HEADER + at);
  for (const at of [32, 40]) long(size, HEADER + at);
  long(0x10000, HEADER + 48);
  file.set(machine.code, HEADER + SEGMENT);
  return file;
}
