import { ROLES, usersXml } from '@custom-events/clickhouse/access'

/**
 * deploy/clickhouse/users.d/custom-events.xml: the users that docker-compose.yml gives ClickHouse, with the rights of their
 * roles in the database custom_events. Their passwords are variables of the server's environment.
 */
export function usersFile(): string {
  const roles = ROLES.filter(({ name }) => name !== 'account')
  const { profiles, quotas, users } = usersXml(
    'custom_events',
    roles,
    ({ name }) => `<password from_env="CLICKHOUSE_${name.toUpperCase()}_PASSWORD"/>`,
  )
  return `<!-- Made by \`npm run generate\` from packages/clickhouse/src/access. -->
<clickhouse>
  <profiles>
${profiles}
  </profiles>
  <quotas>
${quotas}
  </quotas>
  <users>
${users}
  </users>
</clickhouse>
`
}
