/** The part of workerd's `unsafe` module that evicts Durable Objects. Wrangler's test harness uses it too. */
declare module "workerd:unsafe" {
  const unsafe: {
    evict(stub: DurableObjectStub, options: { webSockets: "hibernate" | "close" }): Promise<void>;
  };
  export default unsafe;
}
