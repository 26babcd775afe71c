// The AWS SDK for JavaScript v3 against a DynamoDB endpoint: the plain client, the document client, paginators, waiters and streams.
// Usage: node sdk_v3.mjs ENDPOINT ACCESS_KEY SECRET_KEY; modules come from the folder that NODE_MODULES names.
import assert from "node:assert/strict";
import {createRequire} from "node:module";

const require = createRequire(`${process.env.NODE_MODULES}/`);
const {
  DynamoDBClient, CreateTableCommand, DeleteTableCommand, DescribeTableCommand, ListTablesCommand, PutItemCommand, UpdateTimeToLiveCommand,
  DescribeTimeToLiveCommand, ConditionalCheckFailedException, ResourceNotFoundException, TransactionCanceledException, paginateQuery,
  paginateScan, waitUntilTableExists, waitUntilTableNotExists,
} = require("@aws-sdk/client-dynamodb");
const lib = require("@aws-sdk/lib-dynamodb");
const {DynamoDBStreamsClient, DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand} = require("@aws-sdk/client-dynamodb-streams");

const [endpoint, accessKeyId, secretAccessKey] = process.argv.slice(2);
const settings = {endpoint, region: "us-east-1", credentials: {accessKeyId, secretAccessKey}, maxAttempts: 1};
const client = new DynamoDBClient(settings);
const documents = lib.DynamoDBDocumentClient.from(client, {marshallOptions: {removeUndefinedValues: true}});
const streams = new DynamoDBStreamsClient(settings);
const TableName = "orders";
const send = (command) => documents.send(command);

async function tables() {
  await client.send(new CreateTableCommand({
    TableName, BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: ["customer", "id", "state"].map((AttributeName) => ({AttributeName, AttributeType: "S"})),
    KeySchema: [{AttributeName: "customer", KeyType: "HASH"}, {AttributeName: "id", KeyType: "RANGE"}],
    GlobalSecondaryIndexes: [{
      IndexName: "by_state", Projection: {ProjectionType: "ALL"},
      KeySchema: [{AttributeName: "state", KeyType: "HASH"}, {AttributeName: "id", KeyType: "RANGE"}],
    }],
    StreamSpecification: {StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES"},
  }));
  await waitUntilTableExists({client, maxWaitTime: 20, minDelay: 1}, {TableName});
  const {Table} = await client.send(new DescribeTableCommand({TableName}));
  assert.equal(Table.TableStatus, "ACTIVE");
  assert.ok(Table.CreationDateTime instanceof Date);
  assert.ok((await client.send(new ListTablesCommand({}))).TableNames.includes(TableName));
  return Table.LatestStreamArn;
}

async function items() {
  const item = {
    customer: "ann", id: "0001", state: "open", amount: 12.5, paid: false, note: null, tags: new Set(["a", "b"]), numbers: new Set([1, 2]),
    parts: [{sku: "x", count: 2}, {sku: "y", count: 1}], raw: new Uint8Array([0, 255, 7]), text: "käse \u{1F600} \u0000",
  };
  await send(new lib.PutCommand({TableName, Item: item}));
  assert.deepEqual((await send(new lib.GetCommand({TableName, Key: {customer: "ann", id: "0001"}}))).Item, item);
  const {Attributes} = await send(new lib.UpdateCommand({
    TableName, Key: {customer: "ann", id: "0001"}, ReturnValues: "ALL_NEW",
    UpdateExpression: "SET parts[0].#c = parts[0].#c + :one, paid = :true REMOVE note ADD numbers :more DELETE tags :gone",
    ConditionExpression: "amount BETWEEN :low AND :high",
    ExpressionAttributeNames: {"#c": "count"},
    ExpressionAttributeValues: {":one": 1, ":true": true, ":more": new Set([3]), ":gone": new Set(["a"]), ":low": 12, ":high": 13},
  }));
  assert.equal(Attributes.parts[0].count, 3);
  assert.deepEqual(Attributes.numbers, new Set([1, 2, 3]));
  assert.deepEqual(Attributes.tags, new Set(["b"]));
  assert.equal("note" in Attributes, false);
  const failed = await send(new lib.PutCommand({
    TableName, Item: {customer: "ann", id: "0001"}, ConditionExpression: "attribute_not_exists(id)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  })).catch((error) => error);
  assert.ok(failed instanceof ConditionalCheckFailedException, `${failed}`);
  assert.equal(failed.message, "The conditional request failed");
  assert.equal(failed.Item.paid.BOOL, true);
  assert.ok(failed.$metadata.requestId);
}

async function batchesAndPages() {
  const puts = Array.from({length: 25}, (_, n) => ({PutRequest: {Item: {
    customer: "bob", id: String(n).padStart(4, "0"), state: n % 2 ? "open" : "closed", amount: n,
  }}}));
  const written = await send(new lib.BatchWriteCommand({RequestItems: {[TableName]: puts}}));
  assert.deepEqual(written.UnprocessedItems, {});
  const got = await send(new lib.BatchGetCommand({RequestItems: {[TableName]: {
    Keys: [{customer: "bob", id: "0003"}, {customer: "bob", id: "9999"}], ProjectionExpression: "amount",
  }}}));
  assert.deepEqual(got.Responses[TableName], [{amount: 3}]);

  const seen = [];
  for await (const page of lib.paginateQuery({client: documents, pageSize: 4}, {
    TableName, KeyConditionExpression: "customer = :c AND begins_with(id, :i)", FilterExpression: "amount > :t", ScanIndexForward: false,
    ExpressionAttributeValues: {":c": "bob", ":i": "00", ":t": 4},
  })) seen.push(...page.Items.map((item) => item.amount));
  assert.deepEqual(seen, Array.from({length: 20}, (_, n) => 24 - n));

  let open = 0;
  for await (const page of paginateQuery({client, pageSize: 5}, {
    TableName, IndexName: "by_state", KeyConditionExpression: "#s = :s", ExpressionAttributeNames: {"#s": "state"},
    ExpressionAttributeValues: {":s": {S: "open"}},
  })) open += page.Count;
  assert.equal(open, 13);

  let scanned = 0;
  for (let Segment = 0; Segment < 3; ++Segment) {
    for await (const page of paginateScan({client, pageSize: 3}, {TableName, Segment, TotalSegments: 3})) scanned += page.Items.length;
  }
  assert.equal(scanned, 26);
}

async function transactions() {
  await send(new lib.TransactWriteCommand({TransactItems: [
    {Put: {TableName, Item: {customer: "cid", id: "1"}}},
    {Update: {TableName, Key: {customer: "cid", id: "2"}, UpdateExpression: "SET n = :n", ExpressionAttributeValues: {":n": 1}}},
  ]}));
  const {Responses} = await send(new lib.TransactGetCommand({TransactItems: [
    {Get: {TableName, Key: {customer: "cid", id: "2"}}}, {Get: {TableName, Key: {customer: "cid", id: "3"}}},
  ]}));
  assert.deepEqual(Responses, [{Item: {customer: "cid", id: "2", n: 1}}, {}]);
  const cancelled = await send(new lib.TransactWriteCommand({TransactItems: [
    {Delete: {TableName, Key: {customer: "cid", id: "1"}}},
    {ConditionCheck: {TableName, Key: {customer: "cid", id: "3"}, ConditionExpression: "attribute_exists(id)"}},
  ]})).catch((error) => error);
  assert.ok(cancelled instanceof TransactionCanceledException, `${cancelled}`);
  assert.deepEqual(cancelled.CancellationReasons.map((reason) => reason.Code), ["None", "ConditionalCheckFailed"]);
  assert.ok((await send(new lib.GetCommand({TableName, Key: {customer: "cid", id: "1"}}))).Item, "a cancelled transaction deleted");
}

async function partiql() {
  await send(new lib.ExecuteStatementCommand({Statement: `INSERT INTO "${TableName}" VALUE {'customer': ?, 'id': ?, 'n': 5}`, Parameters: ["dan", "1"]}));
  await send(new lib.ExecuteStatementCommand({Statement: `UPDATE "${TableName}" SET n = n + ? WHERE customer = 'dan' AND id = '1'`, Parameters: [2]}));
  const {Items} = await send(new lib.ExecuteStatementCommand({Statement: `SELECT n FROM "${TableName}" WHERE customer = ?`, Parameters: ["dan"]}));
  assert.deepEqual(Items, [{n: 7}]);
}

async function changes(StreamArn) {
  const {StreamDescription} = await streams.send(new DescribeStreamCommand({StreamArn}));
  assert.equal(StreamDescription.StreamViewType, "NEW_AND_OLD_IMAGES");
  const records = [];
  for (const {ShardId} of StreamDescription.Shards) {
    let {ShardIterator} = await streams.send(new GetShardIteratorCommand({StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON"}));
    for (let empty = 0; ShardIterator && empty < 3;) {
      const page = await streams.send(new GetRecordsCommand({ShardIterator, Limit: 7}));
      records.push(...page.Records);
      empty = page.Records.length ? 0 : empty + 1;
      ShardIterator = page.NextShardIterator;
    }
  }
  const ann = records.filter((record) => record.dynamodb.Keys.customer.S === "ann");
  assert.deepEqual(ann.map((record) => record.eventName), ["INSERT", "MODIFY"]);
  assert.equal(ann[1].dynamodb.OldImage.paid.BOOL, false);
  assert.equal(ann[1].dynamodb.NewImage.paid.BOOL, true);
  assert.equal(records.filter((record) => record.dynamodb.Keys.customer.S === "bob").length, 25);
}

async function ends() {
  await client.send(new UpdateTimeToLiveCommand({TableName, TimeToLiveSpecification: {Enabled: true, AttributeName: "expires"}}));
  const {TimeToLiveDescription} = await client.send(new DescribeTimeToLiveCommand({TableName}));
  assert.equal(TimeToLiveDescription.AttributeName, "expires");
  const invalid = await client.send(new PutItemCommand({TableName, Item: {customer: {N: "1"}, id: {S: "1"}}})).catch((error) => error);
  assert.equal(invalid.name, "ValidationException");
  assert.equal(invalid.$metadata.httpStatusCode, 400);
  await client.send(new DeleteTableCommand({TableName}));
  await waitUntilTableNotExists({client, maxWaitTime: 20, minDelay: 1}, {TableName});
  const gone = await client.send(new DescribeTableCommand({TableName})).catch((error) => error);
  assert.ok(gone instanceof ResourceNotFoundException, `${gone}`);
}

const arn = await tables();
await items();
await batchesAndPages();
await transactions();
if (!process.env.WITHOUT_PARTIQL) await partiql();
if (!process.env.WITHOUT_STREAMS) await changes(arn);
await ends();
console.log("done");
