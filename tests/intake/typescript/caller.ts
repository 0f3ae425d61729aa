// A caller in TypeScript, with nothing but the types that the contract gives.
import type { components, operations, paths } from "./contract";

type Answer<Operation extends keyof operations, Status extends number> =
  Status extends keyof operations[Operation]["responses"]
    ? operations[Operation]["responses"][Status] extends { content: { "application/json": infer Body } }
      ? Body
      : never
    : never;
type Problem = components["schemas"]["ProblemBody"];
type Claim = Answer<"submit_claim", 202>;

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
  }
}

/** A claim that is not open yet says when it may be tried again; a full service, in how long. */
export function retryAt(problem: Problem, now: Date): Date | null {
  if (problem.code === "not_open_yet" && problem.opens_at) return new Date(problem.opens_at);
  if (problem.code === "unavailable") return new Date(+now + 1000 * (problem.retry_after_s ?? 1));
  // @ts-expect-error: there is no such code
  if (problem.code === "no_such_code") return null;
  return null;
}

export class Caller {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async submit(claim: components["schemas"]["ClaimIn"], key: string): Promise<Claim> {
    const path: keyof paths = "/v1/claims";
    return this.ask<Claim>("POST", path, claim, { "Idempotency-Key": key });
  }

  async get(claimId: string, wait_s = 0): Promise<Answer<"show_claim", 200>> {
    return this.ask("GET", `/v1/claims/${claimId}?wait_s=${wait_s}`);
  }

  async batch(
    claims: components["schemas"]["BatchIn"]["claims"],
  ): Promise<Map<string, Claim | Problem>> {
    const path: keyof paths = "/v1/claims/batch";
    const { results } = await this.ask<Answer<"submit_claims", 207>>("POST", path, { claims });
    const each = new Map<string, Claim | Problem>();
    results.forEach((result, n) => {
      const found = result.claim ?? result.problem;
      const key = claims[n]?.idempotency_key;
      if (found && key) each.set(key, found);
    });
    return each;
  }

  private async ask<Body>(
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Body> {
    const headers = {
      Authorization: `Bearer ${this.key}`,
      "Content-Type": "application/json",
      ...more,
    };
    const sent = body === undefined ? null : JSON.stringify(body);
    const answer = await fetch(this.url + path, { method, headers, body: sent });
    if (!answer.ok) throw new Refused((await answer.json()) as Problem);
    return (await answer.json()) as Body;
  }
}

export async function story(url: string, key: string): Promise<string> {
  const caller = new Caller(url, key);
  const claim = await caller.submit({ campaign: "spring-festival", user: "li" }, "one");
  // @ts-expect-error: a claim needs a user
  const incomplete: components["schemas"]["ClaimIn"] = { campaign: "spring-festival" };
  void incomplete;
  const seen = await caller.get(claim.claim_id);
  const each = await caller.batch([
    { campaign: "spring-festival", user: "wang", idempotency_key: "two" },
    { campaign: "nowhere", user: "wang", idempotency_key: "three" },
  ]);
  const [kept, refused] = [each.get("two"), each.get("three")];
  const state: "accepted" | undefined = kept && "state" in kept && kept.state === "accepted" ? "accepted" : undefined;
  return [seen.state, state, refused && "code" in refused ? refused.code : "none"].join(" ");
}
