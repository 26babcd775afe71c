// Opens a page in a real browser and lets it ask, one after the other: node cors_browser.js CHROMIUM, and on standard input
// [{page, cookie, ask: {url, options}}]. Prints what the page saw of each: {status, body, headers} or {error, console}.
'use strict';
const {chromium} = require('playwright-core');

async function main() {
  const asked = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
  const browser = await chromium.launch({
    executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']});
  const told = [];
  try {
    for (const {page: url, cookie, ask} of asked) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const said = [];
      page.on('console', (message) => said.push(message.text()));
      await page.goto(url);
      const answer = await page.evaluate(async ({cookie, ask}) => {
        if (cookie) document.cookie = cookie;
        try {
          const response = await fetch(ask.url, ask.options);
          return {status: response.status, body: await response.text(), headers: Object.fromEntries(response.headers)};
        } catch (error) {
          return {error: String(error)};
        }
      }, {cookie, ask});
      if (answer.error && !said.length) await page.waitForEvent('console', {timeout: 5000}).catch(() => {});
      told.push({...answer, console: said.join('\n')});
      await context.close();
    }
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(told));
}

main().catch((error) => { console.error(error); process.exit(1); });
