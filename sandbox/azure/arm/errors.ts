import { refuse, type Reply } from '../http.ts'

export const armError = (
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Reply => ({
  status,
  body: { error: { code, message } },
  ...(headers === undefined ? {} : { headers }),
})

export const refuseArm = (status: number, code: string, message: string): never =>
  refuse(armError(status, code, message))

export const resourceNotFound = (id: string): never =>
  refuseArm(
    404,
    'ResourceNotFound',
    `The Resource '${id.split('/providers/').at(-1) ?? id}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  )

export const badRequest = (message: string): never => refuseArm(400, 'BadRequest', message)
