import { z } from 'zod'
import { describe, notSimulated, type Reply } from '../http.ts'
import type { DiagnosticSetting } from '../state/model.ts'
import { allow, armList, ok, parseArm, refuseLocked, type ArmContext } from './context.ts'
import { badRequest, refuseArm } from './errors.ts'

const Body = z.looseObject({ properties: z.record(z.string(), z.unknown()) })
const DESTINATIONS = [
  'workspaceId',
  'storageAccountId',
  'eventHubAuthorizationRuleId',
  'marketplacePartnerId',
]

const shape = ({ scope, name, properties }: DiagnosticSetting): Record<string, unknown> => ({
  id: `${scope}/providers/microsoft.insights/diagnosticSettings/${name}`,
  name,
  type: 'Microsoft.Insights/diagnosticSettings',
  properties: {
    storageAccountId: null,
    workspaceId: null,
    eventHubAuthorizationRuleId: null,
    eventHubName: null,
    logs: [],
    metrics: [],
    ...properties,
  },
})

/** `{scope}/providers/Microsoft.Insights/diagnosticSettings[/{name}]`: kept as it was sent. */
export const answerDiagnostics = (context: ArmContext, scope: string, name: string | undefined): Reply => {
  const { world, request } = context
  const at = scope.toLowerCase()
  if (name === undefined) {
    if (request.method !== 'GET') return notSimulated(describe(request))
    allow(context, 'Microsoft.Insights/diagnosticSettings/read', scope)
    return armList(
      context,
      world.diagnostics
        .all()
        .filter((each) => each.scope === at)
        .map(shape),
    )
  }
  const id = `${at}/providers/microsoft.insights/diagnosticsettings/${name.toLowerCase()}`
  const known = world.diagnostics.get(id)
  switch (request.method) {
    case 'GET':
      allow(context, 'Microsoft.Insights/diagnosticSettings/read', scope)
      return known
        ? ok(shape(known))
        : refuseArm(404, 'ResourceNotFound', `The diagnostic setting '${name}' was not found at '${scope}'.`)
    case 'PUT': {
      allow(context, 'Microsoft.Insights/diagnosticSettings/write', scope)
      refuseLocked(context, scope, 'write')
      const { properties } = parseArm(Body, context.body())
      if (!DESTINATIONS.some((each) => typeof properties[each] === 'string' && properties[each] !== ''))
        badRequest('At least one data sink needs to be specified.')
      const made: DiagnosticSetting = { id, scope: at, name, properties }
      world.store.change(() => world.diagnostics.put(made))
      return ok(shape(made))
    }
    case 'DELETE':
      allow(context, 'Microsoft.Insights/diagnosticSettings/delete', scope)
      if (!known) return { status: 204 }
      world.store.change(() => world.diagnostics.delete(id))
      return { status: 200 }
  }
  return notSimulated(describe(request))
}
