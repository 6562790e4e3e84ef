import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'

/** What the sign-in library throws; by name, as it does itself. */
export const isEntraError = (error: Error): boolean => names.has(error.name)

const names: ReadonlySet<string> = new Set([
  'AuthenticationRequiredError',
  'AuthenticationError',
  'AggregateAuthenticationError',
  'CredentialUnavailableError',
])

/** Only Entra's number is kept of its text, which can quote what was sent. */
export const entraProblem = (
  error: Error,
  { target, principal: account }: { target: string; principal: string },
): KeyturnError => {
  const number = numberIn(error)
  const params = { target, account }
  if (number !== null) {
    const vendor = { system: 'entra', number: `AADSTS${number}` } as const
    return new KeyturnError(readings.get(number) ?? 'azure-sign-in-refused', params, { vendor })
  }
  const told = texts(error)
  if (/authorization_declined|expired_token|code_expired|device_code_expired|device code/i.test(told)) {
    return new KeyturnError('azure-sign-in-device', params)
  }
  if (/endpoints_resolution_error|openid_config_error/.test(told)) {
    return new KeyturnError('azure-sign-in-tenant', params)
  }
  if (error.name === 'CredentialUnavailableError')
    return new KeyturnError('azure-sign-in-unavailable', params)
  return new KeyturnError('azure-sign-in-refused', params)
}

const texts = (error: Error): string =>
  [error.message, error.cause instanceof Error ? error.cause.message : ''].join('\n')

const numberIn = (error: Error): number | null => {
  const found = /AADSTS(\d{4,9})/.exec(texts(error))?.[1]
  return found === undefined ? null : Number(found)
}

const forAll = (numbers: readonly number[], code: ErrorCode): [number, ErrorCode][] =>
  numbers.map((number) => [number, code])

/** AADSTS numbers. */
const readings: ReadonlyMap<number, ErrorCode> = new Map([
  ...forAll([7000215, 7000216, 7000218], 'azure-sign-in-secret'),
  ...forAll([7000222], 'azure-sign-in-expired'),
  ...forAll([700027, 700030, 50012, 50013, 7000214], 'azure-sign-in-certificate'),
  ...forAll([700024], 'azure-sign-in-clock'),
  ...forAll([700016], 'azure-sign-in-app'),
  ...forAll([7000112, 50057, 50105], 'azure-sign-in-app-disabled'),
  ...forAll([90002, 900021, 900023, 90072, 50020], 'azure-sign-in-tenant'),
  ...forAll(
    [50072, 50074, 50076, 50079, 50158, 53000, 53001, 53002, 53003, 530032, 700082, 70043, 50173, 50078],
    'azure-sign-in-more',
  ),
  ...forAll([65001, 65004, 90094, 500011, 500131, 650052, 650056], 'azure-sign-in-consent'),
  ...forAll([70018, 70019, 70020, 70000], 'azure-sign-in-device'),
])
