/** A picture whose places have two decimals, which is finer than a screen: a third of the bytes are digits. Its words stay as they are. */
export const trimmed = (svg: string): string =>
  svg.replaceAll(/ (?:transform|d|x2|y2)="[^"]*"/g, (attribute) =>
    attribute.replaceAll(/\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))),
  );
