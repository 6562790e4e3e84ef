import type { AzureConnection, ConnectionView } from '../../../shared/ipc/schemas.ts'

/** The Azure connections whose sign-in a vault can use. */
export const azureChoices = (views: readonly ConnectionView[]): readonly AzureConnection[] =>
  views.flatMap(({ connection }) => (connection.kind === 'azure' ? [connection] : []))
