// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.internal.store.remote.LeaseLock;
import io.github.mcpoauth.internal.store.remote.RecordWatch;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.util.retry.Retry;

import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.SubscriptionListener;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.ReactiveRedisMessageListenerContainer;

/**
 * Hears what other processes did. Lettuce reconnects and subscribes again by itself; what
 * was told in between is lost, so this says when it went away, and an echo proves that it
 * is back.
 */
final class RedisPush {

	private static final Log logger = LogFactory.getLog(RedisPush.class);

	private final ReactiveRedisConnectionFactory connectionFactory;

	private final Keys keys;

	private final RecordWatch watch;

	private final AtomicBoolean listening = new AtomicBoolean();

	private final Disposable.Composite resources = Disposables.composite();

	RedisPush(ReactiveRedisConnectionFactory connectionFactory, Keys keys, RecordWatch watch) {
		this.connectionFactory = connectionFactory;
		this.keys = keys;
		this.watch = watch;
	}

	/**
	 * Begin to hear of others, unless that was done before.
	 */
	void listen(LeaseLock lock) {
		if (!this.listening.compareAndSet(false, true)) {
			return;
		}
		observeConnection();
		ReactiveRedisMessageListenerContainer container = new ReactiveRedisMessageListenerContainer(
				this.connectionFactory);
		this.resources.add(() -> container.destroyLater().subscribe(null, (ex) -> logger.debug("Not closed", ex)));
		SubscriptionListener subscribed = new SubscriptionListener() {

			@Override
			public void onChannelSubscribed(byte[] channel, long count) {
				RedisPush.this.watch.connected();
			}

		};
		this.resources.add(container.receive(List.of(ChannelTopic.of(this.keys.channel())), subscribed)
			.doOnNext((message) -> Messages.receive(message.getMessage(), this.watch, lock))
			.doOnError((ex) -> logger.debug("Changes of stored grants are not pushed at present", ex))
			.retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(200)).maxBackoff(Duration.ofSeconds(5)))
			.subscribe());
	}

	void close() {
		this.listening.set(true);
		this.resources.dispose();
	}

	private void observeConnection() {
		AbstractRedisClient client = client();
		if (client == null) {
			return;
		}
		RedisConnectionStateListener observer = new RedisConnectionStateListener() {

			@Override
			public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
				if (connection instanceof StatefulRedisPubSubConnection && RedisPush.this.watch.isConnected()) {
					RedisPush.this.watch.disconnected();
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
