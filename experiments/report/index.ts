export { type Report, makeReport, writeReport } from './write.js';
export { type Run, readRun } from './sections.js';
