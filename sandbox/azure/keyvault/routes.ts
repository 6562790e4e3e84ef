import { randomBytes } from 'node:crypto'
import { decoded, type Reply } from '../http.ts'
import { backupKey, restoreKey } from './backup.ts'
import { ok, type Context } from './context.ts'
import { createKey } from './create.ts'
import { refuseParameter } from './errors.ts'
import { assignHsmRole, listHsmAssignments, listHsmRoles, removeHsmRole } from './hsm-roles.ts'
import { importKey } from './import.ts'
import { deleteKey, purgeKey, recoverKey, updateKey } from './life.ts'
import type { OperationName } from './operations.ts'
import { getDeletedKey, getKey, listDeletedKeys, listKeys, listVersions } from './read.ts'
import { getPolicy, rotateKey, setPolicy } from './rotation.ts'
import { useKey, type Use } from './use.ts'

export interface Route {
  operation: OperationName
  /** The key that it is about; null: the whole vault. */
  key: string | null
  run(context: Context): Reply | Promise<Reply>
}

const USES: Readonly<Record<string, Use>> = {
  encrypt: 'encrypt',
  decrypt: 'decrypt',
  wrapkey: 'wrapKey',
  unwrapkey: 'unwrapKey',
  sign: 'sign',
  verify: 'verify',
}
const HSM_ROLE_PATH =
  /^(.*)\/providers\/Microsoft\.Authorization\/(roleAssignments|roleDefinitions)(?:\/([^/]+))?$/i

/** Which operation a request is; null: none that is simulated. An empty segment is an empty version. */
export const routeOf = (method: string, path: string, isHsm: boolean): Route | null => {
  const parts = path.split('/').slice(1).map(decoded)
  const [collection, ...rest] = parts
  if (isHsm && HSM_ROLE_PATH.test(path)) return roleRoute(method, path)
  if (isHsm && collection === 'rng' && method === 'POST' && rest.length === 0)
    return { operation: 'random', key: null, run: randomNumbers }
  if (collection === 'keys') return keyRoute(method, rest)
  if (collection === 'deletedkeys') return deletedRoute(method, rest)
  return null
}

const keyRoute = (method: string, [name = '', second, third, ...more]: string[]): Route | null => {
  if (more.length > 0) return null
  if (name === '')
    return method === 'GET' && second === undefined ? { operation: 'list', key: null, run: listKeys } : null
  if (third !== undefined || (second !== undefined && method === 'POST' && USES[second.toLowerCase()]))
    return useRoute(method, name, third === undefined ? '' : (second ?? ''), third ?? second ?? '')
  switch (`${method} ${second ?? ''}`) {
    case 'POST ':
      return name === 'restore' ? { operation: 'restore', key: null, run: restoreKey } : null
    case 'POST create':
      return { operation: 'create', key: name, run: (context) => createKey(context, name) }
    case 'POST backup':
      return { operation: 'backup', key: name, run: (context) => backupKey(context, name) }
    case 'POST rotate':
      return { operation: 'rotate', key: name, run: (context) => rotateKey(context, name) }
    case 'PUT ':
      return { operation: 'import', key: name, run: (context) => importKey(context, name) }
    case 'DELETE ':
      return { operation: 'delete', key: name, run: (context) => deleteKey(context, name) }
    case 'GET versions':
      return { operation: 'listVersions', key: name, run: (context) => listVersions(context, name) }
    case 'GET rotationpolicy':
      return { operation: 'getPolicy', key: name, run: (context) => getPolicy(context, name) }
    case 'PUT rotationpolicy':
      return { operation: 'setPolicy', key: name, run: (context) => setPolicy(context, name) }
    case 'GET attestation':
      return null
  }
  const version = second ?? ''
  if (method === 'GET')
    return { operation: 'get', key: name, run: (context) => getKey(context, name, version) }
  if (method === 'PATCH')
    return { operation: 'update', key: name, run: (context) => updateKey(context, name, version) }
  return null
}

const useRoute = (method: string, name: string, version: string, what: string): Route | null => {
  const use = USES[what.toLowerCase()]
  if (use === undefined || method !== 'POST') return null
  return { operation: use, key: name, run: (context) => useKey(context, use, name, version) }
}

const deletedRoute = (method: string, [name = '', second, ...more]: string[]): Route | null => {
  if (more.length > 0) return null
  switch (`${method} ${name === '' ? '' : '*'}${second ?? ''}`) {
    case 'GET ':
      return { operation: 'listDeleted', key: null, run: listDeletedKeys }
    case 'GET *':
      return { operation: 'getDeleted', key: name, run: (context) => getDeletedKey(context, name) }
    case 'DELETE *':
      return { operation: 'purge', key: name, run: (context) => purgeKey(context, name) }
    case 'POST *recover':
      return { operation: 'recover', key: name, run: (context) => recoverKey(context, name) }
  }
  return null
}

const roleRoute = (method: string, path: string): Route | null => {
  const [, scope = '', kind = '', name = ''] = HSM_ROLE_PATH.exec(path) ?? []
  const where = decoded(scope) === '' ? '/' : decoded(scope).replace(/^\/\/+/, '/')
  switch (`${method} ${kind.toLowerCase()}`) {
    case 'GET roledefinitions':
      return name === '' ? { operation: 'listRoles', key: null, run: listHsmRoles } : null
    case 'GET roleassignments':
      return name === ''
        ? { operation: 'readRoles', key: null, run: (context) => listHsmAssignments(context, where) }
        : null
    case 'PUT roleassignments':
      return name === ''
        ? null
        : { operation: 'assignRole', key: null, run: (context) => assignHsmRole(context, where, name) }
    case 'DELETE roleassignments':
      return { operation: 'removeRole', key: null, run: (context) => removeHsmRole(context, where, name) }
  }
  return null
}

const randomNumbers = (context: Context): Reply => {
  const { count } = context.body()
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > 128)
    return refuseParameter('Property count has invalid value: 1 to 128.')
  return ok({ value: randomBytes(count).toString('base64url') })
}
