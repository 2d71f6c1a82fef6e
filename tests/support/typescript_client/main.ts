// Does the main job with the generated types: arguments are the service's address and a token.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const [baseUrl, token] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

function created<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

created(await client.POST("/api/items", { body: { code: "gloves-ts", name: "手套" } }));
created(await client.POST("/api/recipients", { body: { code: "R-TS", name: "王某" } }));
const need = created(
  await client.POST("/api/needs", { body: { recipient: "R-TS", item: "gloves-ts", quantity: 5 } }),
);
const donation = created(
  await client.POST("/api/donations", {
    params: { header: { "Idempotency-Key": "typescript 1" } },
    body: {
      location: "store",
      handled_by: "陈某",
      lines: [{ item: "gloves-ts", quantity: 5 }],
    },
  }),
);
if (donation.receipt === null) throw new Error("the donation has no receipt");
const receipt = created(
  await client.GET("/api/receipts/{number}", {
    params: { path: { number: donation.receipt.number } },
  }),
);
console.log(JSON.stringify([need.need.needed, receipt.donations[0] === donation.donation.id]));
