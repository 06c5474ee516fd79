/** The part of autocannon 9 that the load generator uses. The package has no types. */
declare module "autocannon" {
  interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    method: "POST";
    requests: { headers: Record<string, string>; body: string }[];
    /** Milliseconds between two checks of the clock. */
    sampleInt: number;
    verifyBody?: (body: string) => boolean;
  }
  export interface Result {
    errors: number;
    timeouts: number;
    non2xx: number;
    /** Answers that `verifyBody` rejected. */
    mismatches: number;
  }
  interface Run extends Promise<Result> {
    on(event: "response", listener: (client: object, status: number, bytes: number, ms: number) => void): void;
  }
  export default function autocannon(options: Options): Run;
}
