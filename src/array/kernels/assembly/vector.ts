export function combine2(out: usize, a: usize, ca: f32, n: i32): void {
  const va = f32x4.splat(ca);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    v128.store(out + at, f32x4.mul(va, v128.load(a + at)));
  }
}
