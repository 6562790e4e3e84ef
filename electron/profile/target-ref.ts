import type { Connection, TargetRef } from '../../shared/model/target.ts'

export const refOf = ({ id, kind, name, environment }: Pick<Connection, keyof TargetRef>): TargetRef => ({
  id,
  kind,
  name,
  environment,
})
