import { main } from '../../src/cli/main.ts';

/** The program from its source, as bin/gameday.js starts the built one. */
await main(process.argv);
