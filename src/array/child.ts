/**
 * Runs a script of modules in a Node of its own and returns what it printed: for native libraries that write their complaints straight
 * to standard error, which goes nowhere, or that may crash. The script finds the addresses of the packages in `packages`, since a
 * script given as text has no place to look for them from. Rejects with an `Error` of one line; a missing package with that of Node.
 */
export const inChild = async (packages: readonly string[], script: string): Promise<string> => {
  const [{ execFile }, { createRequire }, { pathToFileURL }] = await Promise.all([
    import('node:child_process'),
    import('node:module'),
    import('node:url'),
  ]);
  const { resolve } = createRequire(import.meta.url);
  const addresses = packages.map((name) => pathToFileURL(resolve(name)).href);
  const source = `const packages = ${JSON.stringify(addresses)};\n${script}`;
  return new Promise((done, fail) =>
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', source],
      { timeout: 60_000 },
      (error, stdout) => {
        if (!error || stdout !== '') return done(stdout);
        const { code, signal } = error;
        fail(new Error(signal ? `it was stopped by ${signal}` : `it ended with code ${code}`));
      },
    ),
  );
};
