/** Whether a property of MQTT 5 holds what is between a client and EMQX alone: `Authentication-Data`, however it is spelt. */
export const isSecretProperty = (name: string): boolean =>
  name.length < 40 && name.toLowerCase().replaceAll(/[^a-z]/g, '') === 'authenticationdata'
