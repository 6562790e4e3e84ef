import { randomUUID } from 'node:crypto'
import { refuse, type Reply } from '../http.ts'

export const graphError = (status: number, code: string, message: string): Reply => ({
  status,
  body: {
    error: {
      code,
      message,
      innerError: { date: new Date().toISOString(), 'request-id': randomUUID() },
    },
  },
})

export const refuseGraph = (status: number, code: string, message: string): never =>
  refuse(graphError(status, code, message))

export const badRequest = (message: string): never => refuseGraph(400, 'Request_BadRequest', message)

export const missing = (id: string): never =>
  refuseGraph(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  )
