/**
 * What the engine takes for blanks beside those of ASCII (85, A0, 180E, 2000–200D, 2028, 2029, 202F, 205F, 2060, 3000, FEFF),
 * for queries that were copied from a text. As characters, and as one character per byte.
 */
const CHARACTERS = String.raw`[\u0085\u00a0\u180e\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]`
const BYTES = [
  String.raw`\u00c2[\u0085\u00a0]`,
  String.raw`\u00e1\u00a0\u008e`,
  String.raw`\u00e2\u0080[\u0080-\u008d\u00a8\u00a9\u00af]`,
  String.raw`\u00e2\u0081[\u009f\u00a0]`,
  String.raw`\u00e3\u0080\u0080`,
  String.raw`\u00ef\u00bb\u00bf`,
]

export const otherBlanks = new RegExp(`(?:${[...BYTES, CHARACTERS].join('|')})+`, 'y')
