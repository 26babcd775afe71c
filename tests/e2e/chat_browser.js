// The chat of config/examples in a real browser: node chat_browser.js CHROMIUM URL ADMIN. Prints what the pages showed, step by step.
'use strict';
const {chromium} = require('playwright-core');

const told = {};
const lines = (page) => page.locator('#messages li').evaluateAll((all) => all.map((one) => one.querySelector('b').textContent + ': ' + one.childNodes[1].textContent));
const people = (page) => page.locator('#present li').allTextContents();
const connected = (page) => page.getByText('connected', {exact: true}).waitFor();

async function enter(browser, url, key, room = 'lobby') {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(20000);
  await fill(page, url, key, room);
  return page;
}

async function fill(page, url, key, room) {
  await page.goto(url);
  await page.fill('#key', key);
  await page.fill('#room', room);
  await page.getByRole('button', {name: 'Enter'}).click();
}

async function say(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

// Enters a room whose list of those who are present comes late, from before anybody was there.
async function meetLateList(browser, url) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(20000);
  let asked = 0;
  await page.route('**/rooms/late/present', async (route) => {
    if (++asked === 1) return route.continue();  // the question whether the key opens the door
    await page.locator('#present li', {hasText: 'ann'}).waitFor({state: 'attached'});
    await route.fulfill({json: {items: []}});
  });
  await fill(page, url, 'anns-key', 'late');
  await connected(page);
  return people(page);
}

async function run(browser, url, admin) {
  told.late = await meetLateList(browser, url);
  const stranger = await enter(browser, url, 'no-key');
  await stranger.getByRole('alert').waitFor();
  told.refused = [await stranger.getByRole('alert').textContent(), await stranger.locator('#say').isVisible()];

  const ann = await enter(browser, url, 'anns-key');
  await connected(ann);
  const bob = await enter(browser, url, 'bobs-key');
  await connected(bob);
  await ann.locator('#present li', {hasText: 'bob'}).waitFor();
  await bob.locator('#present li', {hasText: 'ann'}).waitFor();
  told.present = [await people(ann), await people(bob)];

  await say(ann, 'hello <b>bob</b>');
  await bob.getByText('hello <b>bob</b>').waitFor();
  await say(bob, 'hello ann');
  await Promise.all([ann, bob].map((page) => page.getByText('hello ann').waitFor()));
  told.said = [await lines(ann), await lines(bob)];
  told.own = await ann.locator('#messages li.own').count();

  const other = await enter(browser, url, 'bobs-key', 'garden');
  await connected(other);
  await say(other, 'nobody here');
  await other.getByText('nobody here').waitFor();
  told.rooms = [await lines(other), (await lines(ann)).length];

  await bob.reload();
  await connected(bob);
  await bob.getByText('hello ann').waitFor();
  told.reloaded = await lines(bob);

  // The gateway ends every connection: the pages come back by themselves.
  const {connections} = await (await fetch(admin + '/apis/chat/@connections')).json();
  const lost = ann.getByText('connection lost').waitFor();
  await Promise.all(connections.map((one) => fetch(`${admin}/apis/chat/@connections/${one.connectionId || one.id}`, {method: 'DELETE'})));
  await lost;
  await Promise.all([connected(ann), connected(bob)]);
  await say(bob, 'still there?');
  await ann.getByText('still there?').waitFor();
  told.back = (await lines(ann)).at(-1);

  await bob.getByRole('button', {name: 'Leave'}).click();
  await bob.locator('#door').waitFor();
  await ann.locator('#present li', {hasText: 'bob'}).waitFor({state: 'detached'});
  told.left = await people(ann);
}

async function main() {
  const [, , executablePath, url, admin] = process.argv;
  const browser = await chromium.launch({executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']});
  try {
    await run(browser, url, admin);
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(told));
}

main().catch((error) => { console.error(JSON.stringify(told), error); process.exit(1); });
