// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.internal.store.remote.RemoteEvents;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.ReactiveSubscription.ChannelMessage;
import org.springframework.data.redis.connection.SubscriptionListener;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.ReactiveRedisMessageListenerContainer;

/**
 * Receives the messages of other processes. Lettuce reconnects and subscribes again by
 * itself. Messages that were sent in between are lost, so this class reports the loss of
 * the connection, and a message of this process to itself proves that it is back.
 */
final class RedisPush {

	private static final Log logger = LogFactory.getLog(RedisPush.class);

	private final ReactiveRedisConnectionFactory connectionFactory;

	private final Keys keys;

	private final WorkThreads threads;

	private final AtomicBoolean listening = new AtomicBoolean();

	private final Disposable.Composite resources = Disposables.composite();

	private volatile @Nullable RemoteEvents events;

	RedisPush(ReactiveRedisConnectionFactory connectionFactory, Keys keys, WorkThreads threads) {
		this.connectionFactory = connectionFactory;
		this.keys = keys;
		this.threads = threads;
	}

	void events(RemoteEvents receiver) {
		this.events = receiver;
	}

	/**
	 * Start to listen, unless that was done before. If Redis is away, the subscription
	 * begins when it is back.
	 */
	void listen() {
		RemoteEvents receiver = this.events;
		// Of several first reads only one subscribes
		if (receiver == null || !this.listening.compareAndSet(false, true)) {
			return;
		}
		SubscriptionListener subscribed = new SubscriptionListener() {

			@Override
			public void onChannelSubscribed(byte[] channel, long count) {
				receiver.watch().connected();
			}

		};
		AtomicBoolean observed = new AtomicBoolean();
		this.resources.add(Flux.defer(() -> {
			if (!observed.getAndSet(true)) {
				observeConnection(receiver);
			}
			return subscribe(subscribed);
		})
			// The client waits for a connection while it is subscribed to
			.subscribeOn(this.threads.blocking())
			.doOnNext((message) -> received(message.getMessage(), receiver))
			.doOnError((ex) -> logger.debug("Changes of stored grants are not pushed at present", ex))
			.retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(200))
				.maxBackoff(Duration.ofSeconds(5))
				.scheduler(this.threads.timer()))
			.subscribe(null, (ex) -> logger.debug("Changes of stored grants are not pushed any more", ex)));
	}

	/**
	 * Send a message to this process if it is not known to hear messages.
	 */
	void echo(RedisCommands commands) {
		RemoteEvents receiver = this.events;
		if (receiver != null && !receiver.watch().isConnected()) {
			commands
				.run(this.threads.blocking(), Scripts.PUBLISH, List.of(),
						List.of(this.keys.channel(), RemoteEvents.echo("")))
				.subscribe(null, (ex) -> logger.debug("A message to this process could not be sent", ex));
		}
	}

	void close() {
		this.listening.set(true);
		this.resources.dispose();
	}

	private Flux<ChannelMessage<String, String>> subscribe(SubscriptionListener subscribed) {
		return Flux.usingWhen(
				Mono.fromSupplier(() -> new ReactiveRedisMessageListenerContainer(this.connectionFactory)),
				(container) -> container.receive(List.of(ChannelTopic.of(this.keys.channel())), subscribed)
					.cast(ChannelMessage.class)
					.map(RedisPush::textMessage),
				(container) -> container.destroyLater().onErrorComplete());
	}

	private static ChannelMessage<String, String> textMessage(ChannelMessage<?, ?> message) {
		return new ChannelMessage<>(String.valueOf(message.getChannel()), String.valueOf(message.getMessage()));
	}

	private static void received(String message, RemoteEvents receiver) {
		if (!receiver.watch().isConnected()) {
			receiver.watch().connected();
		}
		receiver.receive(message);
	}

	private void observeConnection(RemoteEvents receiver) {
		AbstractRedisClient client = client();
		if (client == null) {
			return;
		}
		RedisConnectionStateListener observer = new RedisConnectionStateListener() {

			@Override
			public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
				if (connection instanceof StatefulRedisPubSubConnection && receiver.watch().isConnected()) {
					receiver.watch().disconnected();
				}
			}

		};
		client.addListener(observer);
		this.resources.add(() -> client.removeListener(observer));
	}

	private @Nullable AbstractRedisClient client() {
		return (this.connectionFactory instanceof LettuceConnectionFactory lettuce) ? lettuce.getNativeClient() : null;
	}

}
