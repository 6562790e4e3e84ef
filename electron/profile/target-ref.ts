import type { SqlConnection, TargetRef } from '../../shared/model/target.ts'

export const refOf = ({ id, kind, name, environment }: SqlConnection): TargetRef => ({
  id,
  kind,
  name,
  environment,
})
