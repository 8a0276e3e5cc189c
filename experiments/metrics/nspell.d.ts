declare module 'nspell' {
  /** A Hunspell speller from the two files of a dictionary. */
  export default function nspell(dictionary: { aff: Uint8Array; dic: Uint8Array }): {
    /** Case-sensitive, as Hunspell. */
    correct(word: string): boolean;
  };
}
