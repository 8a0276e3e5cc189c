/** Writers of the formats that are read, for tests. */

/** An IDX file of bytes. */
export const idxOf = (shape: readonly number[], data: Uint8Array): Buffer => {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt16BE(0x800 + shape.length, 2);
  shape.forEach((length, i) => header.writeUInt32BE(length, 4 + 4 * i));
  return Buffer.concat([header, data]);
};

/** Records of CIFAR-10 in its binary form, of arbitrary labels and pixels. */
export const cifarOf = (count: number, salt = 0): Buffer =>
  Buffer.from(
    Array.from({ length: count * 3073 }, (_, at) => {
      const [record, byte] = [Math.floor(at / 3073), at % 3073];
      return byte === 0 ? (record * 7 + salt) % 10 : (Math.imul(at + salt, 0x9e3779b1) >>> 24) & 255;
    }),
  );
