import type { Behaviour } from './behaviours.ts'

/** Entra ID and Microsoft Graph. */
export const IDENTITY_BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'entra.token-shape',
    certainty: 'seen',
    says: 'Access tokens have the claims of version 1 tokens. `uti` holds the moment of issue.',
  },
  {
    id: 'entra.secret-wrong',
    certainty: 'seen',
    says: 'A wrong secret is answered 401 invalid_client.',
    codes: ['7000215'],
  },
  {
    id: 'entra.secret-expired',
    certainty: 'assumed',
    says: 'An expired secret is told from a wrong one, by its number.',
    codes: ['7000222'],
  },
  {
    id: 'entra.unknown',
    certainty: 'assumed',
    says: 'An application or tenant that is not there, a disabled application, one without a service principal, a resource that nobody knows.',
    codes: ['700016', '90002', '7000112', '7000229', '500011'],
  },
  {
    id: 'entra.bad-request',
    certainty: 'assumed',
    says: 'Missing grant type, credentials or scope.',
    codes: ['900144', '7000218', '70011'],
  },
  {
    id: 'entra.assertion',
    certainty: 'seen',
    says: 'A client assertion is verified: PS256 or RS256, thumbprint, audience, issuer, times.',
  },
  {
    id: 'entra.assertion-errors',
    certainty: 'assumed',
    says: 'Which number an assertion gets that does not verify, and one out of its time.',
    codes: ['700027', '700024'],
  },
  {
    id: 'entra.device-code',
    certainty: 'assumed',
    says: 'Numbers of pending, declined and expired device codes. Ours is polled each second.',
    codes: ['70016', '70018', '70020', '70021'],
  },
  {
    id: 'entra.refresh',
    certainty: 'assumed',
    says: 'Refresh tokens do not expire, but end when sessions are revoked.',
    codes: ['70008', '50057'],
  },
  {
    id: 'graph.secret-once',
    certainty: 'assumed',
    says: 'The value of a secret is in the reply that makes it and nowhere else.',
  },
  {
    id: 'graph.secret-lifetime',
    certainty: 'assumed',
    says: 'A secret of more than 24 months is refused: in the real service the portal and app policies do that.',
    codes: ['CredentialInvalidLifetimeAsPerAppPolicy'],
  },
  {
    id: 'graph.permissions',
    certainty: 'assumed',
    says: 'Reading and changing applications need their permissions.',
    codes: ['Authorization_RequestDenied'],
  },
  {
    id: 'graph.service-principal',
    certainty: 'assumed',
    says: 'A service principal needs its application, and there is one of each.',
    codes: ['NoBackingApplicationObject', 'Request_MultipleObjectsWithSameKeyValue'],
  },
  {
    id: 'graph.consistency',
    certainty: 'assumed',
    says: 'What was changed is read at once; the token endpoint learns of a new application or secret a little later, Resource Manager of a new principal.',
    codes: ['PrincipalNotFound', '700016', '7000215'],
  },
]
