"""A HookProvider after the tutorials for Python: grpcio with ten threads, kafka-python, every message pickled into one topic.

As they do, it gives the message back (CONTINUE) as soon as kafka-python has it in its buffer, and names no key. Takes the folder
of the generated exhook_v2_pb2*.py, Kafka's address and the topic; prints its port as JSON.
"""
import json
import pickle
import signal
import sys
from concurrent import futures

import grpc
from kafka import KafkaProducer

sys.path.insert(0, sys.argv[1])
import exhook_v2_pb2 as pb
import exhook_v2_pb2_grpc as rpc


class HookProvider(rpc.HookProviderServicer):
    def __init__(self, producer, topic):
        self.producer = producer
        self.topic = topic

    def OnProviderLoaded(self, request, context):
        return pb.LoadedResponse(hooks=[pb.HookSpec(name="message.publish")])

    def OnProviderUnloaded(self, request, context):
        return pb.EmptySuccess()

    def OnMessagePublish(self, request, context):
        message = request.message
        self.producer.send(
            self.topic,
            pickle.dumps(
                {
                    "from": getattr(message, "from"),
                    "topic": message.topic,
                    "payload": message.payload,
                    "qos": message.qos,
                    "node": message.node,
                    "timestamp": message.timestamp,
                }
            ),
        )
        return pb.ValuedResponse(type="CONTINUE", message=message)


def main():
    producer = KafkaProducer(bootstrap_servers=sys.argv[2], acks="all")
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    rpc.add_HookProviderServicer_to_server(HookProvider(producer, sys.argv[3]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    signal.signal(signal.SIGTERM, lambda *_: server.stop(1))
    server.start()
    print(json.dumps({"port": port}), flush=True)
    server.wait_for_termination()
    producer.flush()
    producer.close()


main()
