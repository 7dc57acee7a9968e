export { release as version } from '../state/release.ts';
