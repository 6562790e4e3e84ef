import type { ServerFact } from './facts-model.ts'

const engineEditions = { standard: 2, express: 4 } as const
const firstStandardMajor = 15

/** Enterprise and Developer always, Standard from SQL Server 2019 on, Express and Web never (SQL 33117). */
export const hasTde = ({
  edition,
  engineEdition,
  major,
}: Pick<ServerFact, 'edition' | 'engineEdition' | 'major'>): boolean =>
  engineEdition !== engineEditions.express &&
  !/\b(Express|Web)\b/i.test(edition) &&
  (engineEdition !== engineEditions.standard || major >= firstStandardMajor)
