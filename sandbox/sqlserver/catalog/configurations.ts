export interface ConfigurationOption {
  id: number
  name: string
  initial: number
  minimum: number
  maximum: number
  advanced: boolean
  description: string
  since?: number
}

export const CONFIGURATION_OPTIONS: readonly ConfigurationOption[] = [
  {
    id: 518,
    name: 'show advanced options',
    initial: 0,
    minimum: 0,
    maximum: 1,
    advanced: false,
    description: 'show advanced options',
  },
  {
    id: 1579,
    name: 'backup compression default',
    initial: 0,
    minimum: 0,
    maximum: 1,
    advanced: false,
    description: 'Enable compression of backups by default',
  },
  {
    id: 1584,
    name: 'backup checksum default',
    initial: 0,
    minimum: 0,
    maximum: 1,
    advanced: false,
    description: 'Enable checksum of backups by default',
  },
  {
    id: 1576,
    name: 'remote admin connections',
    initial: 0,
    minimum: 0,
    maximum: 1,
    advanced: false,
    description: 'Dedicated Admin Connections are allowed from remote clients',
  },
  {
    id: 1578,
    name: 'EKM provider enabled',
    initial: 0,
    minimum: 0,
    maximum: 1,
    advanced: true,
    description: 'Enable or disable EKM provider',
  },
  {
    id: 1539,
    name: 'max degree of parallelism',
    initial: 0,
    minimum: 0,
    maximum: 32767,
    advanced: true,
    description: 'maximum degree of parallelism',
  },
  {
    id: 1544,
    name: 'max server memory (MB)',
    initial: 2147483647,
    minimum: 128,
    maximum: 2147483647,
    advanced: true,
    description: 'Maximum size of server memory (MB)',
  },
  {
    id: 16390,
    name: 'xp_cmdshell',
    initial: 0,
    minimum: 0,
    maximum: 1,
    advanced: true,
    description: 'Enable or disable command shell',
  },
]
