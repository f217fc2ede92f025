/** Planted where they belong; each with what JSON, URLs and YAML trip over, where its place allows that. */
export const SECRETS = {
  scramPassword: 'Ks%2B"r\\q/+=&<w>:7ZrAq0mVxTe',
  plainPassword: 'Kp4+tN/9=aQz7LwXeRbY2uVc',
  wrongPassword: 'Kw8+hJ/3=dFgT6MnBvCx5sAz',
  emqxKey: 'Ek1/pO+iU=yTrEwQ6aSdFgHj',
  emqxSecret: 'Es"2\\lK%jH&gF+dS/aZ=xC?vBn',
  wrongEmqxSecret: 'Ew9/mN+bV=cXzL4kJhGfDsAp',
  httpToken: 'Ht3"qW\\eR%tY&uI+oP/aS=dF?gH',
  wrongToken: 'Hw5/zX+cV=bNmA7sDfGhJkLq',
  mqttPassword: 'Mq7"xC\\vB%nM&aS+dF/gH=jK?ü€',
  otherMqttPassword: 'Mo0/rT+yU=iOpZ8xCvBnMqWe',
  payload: 'Pa6"sD\\fG%hJ&kL+zX/cV=bN?é',
  userProperty: 'Up4/wE+rT=yUiO1pAsDfGhJk',
} as const

/** What may stand in Kafka, as it is data. */
export const DATA = ['payload', 'userProperty'] as const satisfies readonly (keyof typeof SECRETS)[]

export const RULES = `rules:
  - {name: b, hook: client.authenticate, topic: auth.bridge, format: bridge}
  - {name: e, hook: client.authenticate, topic: auth.emqx, format: emqx, key: "\${.}", headers: {all: "\${.}"}}
  - {name: p, hook: client.authenticate, topic: auth.protobuf, format: protobuf}
  - {name: c, hook: client.authenticate, topic: auth.cloudevents, format: cloudevents}
  - {name: pub, hook: message.publish, filter: open/#, topic: published, format: emqx}
  - {name: cond, hook: message.publish, filter: open/#, topic: published, when: payload.battery < 20.0}
  - {name: templated, hook: message.publish, filter: open/#, topic: "made.\${payload}", allow: [made.*]}
`

export const AUTH_TOPICS = ['auth.bridge', 'auth.emqx', 'auth.protobuf', 'auth.cloudevents']
export const TOPICS = [...AUTH_TOPICS, 'published', 'exhook.dead-letters']
