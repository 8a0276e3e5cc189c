/**
 * What the page does on its own, where scripts run; without them all is there but the tips and the button. The page holds the text of
 * this function, so it may use nothing from outside it.
 */
const behave = (document: Document): void => {
  const root = document.documentElement;
  const button = document.querySelector<HTMLButtonElement>('#theme');
  const isDark = (): boolean =>
    root.dataset.theme === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : root.dataset.theme === 'dark';
  const sayTheme = (): void => button?.setAttribute('aria-pressed', String(isDark()));
  button?.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    sayTheme();
  });
  sayTheme();

  const tip = document.querySelector<HTMLElement>('#tip');
  if (!tip) return;
  /** The point that was last told of: where arrow keys go on from. */
  let last: Element | undefined;
  const hide = (): void => {
    last?.classList.remove('shown');
    tip.hidden = true;
  };
  const place = (): void => {
    if (tip.hidden || !last) return;
    const box = last.getBoundingClientRect();
    const middle = box.left + box.width / 2 - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(8, Math.min(middle, root.clientWidth - tip.offsetWidth - 8))}px`;
    const above = box.top - tip.offsetHeight - 10;
    tip.style.top = `${above > 4 ? above : box.bottom + 10}px`;
  };
  const show = (point: Element): void => {
    if (point === last && !tip.hidden) return;
    hide();
    last = point;
    point.classList.add('shown');
    tip.textContent = point.getAttribute('aria-label');
    tip.hidden = false;
    place();
  };
  /** The points of a plot that are not switched off, by series. */
  const seriesOf = (plot: Element): Element[][] =>
    Array.from(plot.querySelectorAll('[class*="point"][class*="_marks"]'))
      .filter((group) => getComputedStyle(group).display !== 'none')
      .map((group) => Array.from(group.querySelectorAll('[aria-label]')));
  const nearest = (plot: Element, x: number, y: number): Element | undefined => {
    let best: Element | undefined;
    let least = 40;
    for (const point of seriesOf(plot).flat()) {
      const box = point.getBoundingClientRect();
      const distance = Math.hypot(box.left + box.width / 2 - x, box.top + box.height / 2 - y);
      if (distance < least) [best, least] = [point, distance];
    }
    return best;
  };
  const steps: Record<string, readonly [series: number, point: number]> = {
    ArrowRight: [0, 1],
    ArrowLeft: [0, -1],
    ArrowDown: [1, 0],
    ArrowUp: [-1, 0],
  };
  /** The point that an arrow key leads to: along a series, or to the same place of the next one. */
  const next = (plot: Element, [across, along]: readonly [number, number]): Element | undefined => {
    const all = seriesOf(plot);
    const row = all.findIndex((points) => last !== undefined && points.includes(last));
    if (row < 0) return all[0]?.[0];
    const at = all[row].indexOf(last as Element);
    const points = all[(row + across + all.length) % all.length];
    return points[Math.max(0, Math.min(at + along, points.length - 1))];
  };
  for (const plot of Array.from(document.querySelectorAll<HTMLElement>('.plot'))) {
    const follow = ({ clientX, clientY }: PointerEvent): void => {
      const point = nearest(plot, clientX, clientY);
      if (point) show(point);
      else hide();
    };
    plot.addEventListener('pointermove', follow);
    plot.addEventListener('pointerdown', follow);
    plot.addEventListener('pointerleave', hide);
    plot.addEventListener('blur', hide);
    plot.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') hide();
      if (!Object.hasOwn(steps, event.key)) return;
      event.preventDefault();
      const point = next(plot, steps[event.key]);
      if (point) show(point);
    });
  }
  document.addEventListener('scroll', place, { passive: true });
};

/** The script of the page. A TypeScript runner may have marked names in the text of the function; it then finds its mark here. */
export const script = `const __name = (value) => value;\n(${behave.toString()})(document);`;
