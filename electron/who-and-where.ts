import { userInfo } from 'node:os'
import type { AppState } from '../shared/ipc/schemas.ts'
import type { Operator } from '../shared/model/record.ts'
import type { Environment } from '../shared/model/target.ts'

export const operatorOfThisProcess = (): Operator => {
  const { username } = userInfo()
  return { account: username, name: username }
}

export const mostDangerous = (environments: readonly Environment[]): AppState['environment'] =>
  (['production', 'test', 'rehearsal'] as const).find((one) => environments.includes(one)) ?? 'none'
