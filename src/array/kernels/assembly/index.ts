export { combine2 } from './vector';
