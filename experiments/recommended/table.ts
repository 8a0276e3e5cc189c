import type { Table } from './choose.js';

export const recommendations: Table = { frequencies: [], classes: [], covariance: [], vectors: [] };
