// ApiGatewayManagementApi of the AWS SDK for JavaScript v3 against a gateway. Usage: node management_v3.mjs ENDPOINT ID ACCESS_KEY SECRET_KEY;
// modules come from the folder that NODE_MODULES names. The connection is deleted in the end.
import assert from "node:assert/strict";
import {createRequire} from "node:module";

const require = createRequire(`${process.env.NODE_MODULES}/`);
const {
  ApiGatewayManagementApiClient, DeleteConnectionCommand, ForbiddenException, GetConnectionCommand, GoneException, PayloadTooLargeException,
  PostToConnectionCommand,
} = require("@aws-sdk/client-apigatewaymanagementapi");

const [endpoint, ConnectionId, accessKeyId, secretAccessKey] = process.argv.slice(2);
const settings = {endpoint, region: "us-east-1", maxAttempts: 1};
const client = new ApiGatewayManagementApiClient({...settings, credentials: {accessKeyId, secretAccessKey}});
const stranger = new ApiGatewayManagementApiClient({...settings, credentials: {accessKeyId: "nobody", secretAccessKey}});

const posted = await client.send(new PostToConnectionCommand({ConnectionId, Data: JSON.stringify({hello: "wörld"})}));
assert.equal(posted.$metadata.httpStatusCode, 200);
await client.send(new PostToConnectionCommand({ConnectionId, Data: new TextEncoder().encode("bytes \u20ac")}));
const seen = await client.send(new GetConnectionCommand({ConnectionId}));
assert.ok(seen.ConnectedAt instanceof Date && Math.abs(Date.now() - seen.ConnectedAt) < 600_000);
assert.ok(seen.LastActiveAt >= seen.ConnectedAt);
assert.equal(seen.Identity.SourceIp, "127.0.0.1");
assert.equal(seen.Identity.UserAgent, "tester/1");

await assert.rejects(client.send(new PostToConnectionCommand({ConnectionId, Data: "x".repeat(131_073)})), PayloadTooLargeException);
await assert.rejects(stranger.send(new PostToConnectionCommand({ConnectionId, Data: "x"})), ForbiddenException);
await client.send(new DeleteConnectionCommand({ConnectionId}));
for (const command of [new PostToConnectionCommand({ConnectionId, Data: "x"}), new GetConnectionCommand({ConnectionId}),
  new DeleteConnectionCommand({ConnectionId}), new PostToConnectionCommand({ConnectionId: "L0SM9cOFvHcCIhw=", Data: "x"})]) {
  await assert.rejects(client.send(command), (error) => error instanceof GoneException && error.$metadata.httpStatusCode === 410);
}
console.log("done");
