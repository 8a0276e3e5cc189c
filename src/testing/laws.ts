/** One law and whether the solver keeps it; `detail` says where it does not. */
export interface LawReport {
  readonly law: string;
  readonly holds: boolean;
  readonly detail?: string;
}

/** A law by name, and what finds where it is broken: nothing where it holds. */
export type Law = readonly [name: string, check: () => string | undefined | Promise<string | undefined>];

/** Looks at one law after another; one whose check throws does not hold. */
export const reportLaws = async (laws: readonly Law[]): Promise<readonly LawReport[]> => {
  const reports: LawReport[] = [];
  for (const [law, check] of laws) {
    let detail: string | undefined;
    try {
      detail = await check();
    } catch (error) {
      detail = error instanceof Error ? error.message : String(error);
    }
    reports.push(detail === undefined ? { law, holds: true } : { law, holds: false, detail });
  }
  return reports;
};
