// Compiles the AssemblyScript kernels and writes them, in base64, into a module: so they load anywhere, with no file to find.
import asc from 'assemblyscript/asc';
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { URL, fileURLToPath } from 'node:url';

const folder = new URL('../src/array/kernels/', import.meta.url);
const options =
  '--outFile kernels.wasm --runtime stub --importMemory --noExportMemory --enable simd --disable mutable-globals --use abort= -O3';
const files = new Map();
const { error, stderr } = await asc.main(
  ['assembly/index.ts', '--baseDir', fileURLToPath(folder), ...options.split(' ')],
  { writeFile: (name, contents) => files.set(name, contents) },
);
if (error) {
  process.stderr.write(stderr.toString());
  process.exit(1);
}
const wasm = Buffer.from(files.get('kernels.wasm')).toString('base64');
await writeFile(
  new URL('module.ts', folder),
  `// Made by scripts/build-kernels.mjs from assembly/.\nexport const wasm = '${wasm}';\n`,
);
