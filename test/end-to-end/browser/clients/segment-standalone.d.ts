/** The script that Segment's snippet loads: it works on `analytics` of the page and exports nothing. */
declare module '@segment/analytics-next/dist/umd/standalone.js';
