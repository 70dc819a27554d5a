// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.starters.application;

import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;

import org.springframework.amqp.rabbit.annotation.EnableRabbit;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.integration.annotation.InboundChannelAdapter;
import org.springframework.integration.annotation.Poller;
import org.springframework.integration.config.EnableIntegration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Listens to queues, runs jobs, polls and schedules, as far as the class path allows. It
 * says so on the standard error as soon as any of it happens.
 */
@SpringBootApplication(proxyBeanMethods = false)
@EnableScheduling
public class StarterApplication {

	/**
	 * Printed by everything that no command may cause.
	 */
	public static final String ALIVE = "The application does its own work";

	public static void main(String[] args) {
		SpringApplication.run(StarterApplication.class, args);
	}

	@Bean
	CommandLineRunner runner() {
		return (args) -> alive();
	}

	@Scheduled(fixedDelay = 1)
	void schedule() {
		alive();
	}

	private static void alive() {
		System.err.println(ALIVE);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableKafka
	@ConditionalOnClass(name = "org.springframework.kafka.annotation.KafkaListener")
	static class Kafka {

		@KafkaListener(topics = "orders", groupId = "agent")
		void order(String order) {
			alive();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableRabbit
	@ConditionalOnClass(name = "org.springframework.amqp.rabbit.annotation.RabbitListener")
	static class Rabbit {

		@RabbitListener(queues = "orders")
		void order(String order) {
			alive();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(name = "org.springframework.data.redis.listener.RedisMessageListenerContainer")
	static class Redis {

		@Bean
		RedisMessageListenerContainer listeners(RedisConnectionFactory connections) {
			RedisMessageListenerContainer container = new RedisMessageListenerContainer();
			container.setConnectionFactory(connections);
			container.addMessageListener((message, pattern) -> alive(), ChannelTopic.of("orders"));
			return container;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableIntegration
	@ConditionalOnClass(name = "org.springframework.integration.annotation.InboundChannelAdapter")
	static class Integration {

		@InboundChannelAdapter(channel = "nullChannel", poller = @Poller(fixedDelay = "1"))
		String poll() {
			alive();
			return "";
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableCaching
	@ConditionalOnClass(name = "org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration")
	static class Cache {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableWebSecurity
	@EnableMethodSecurity
	@ConditionalOnClass(name = "org.springframework.security.config.annotation.web.configuration.EnableWebSecurity")
	static class Security {

		@Bean
		SecurityFilterChain chain(HttpSecurity http) {
			return http.build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(name = "org.quartz.Job")
	static class Quartz {

		@Bean
		JobDetail detail() {
			return JobBuilder.newJob(Night.class).withIdentity("night").storeDurably().build();
		}

		@Bean
		Trigger trigger(JobDetail detail) {
			return TriggerBuilder.newTrigger()
				.forJob(detail)
				.withSchedule(SimpleScheduleBuilder.repeatSecondlyForever())
				.build();
		}

		static final class Night implements Job {

			@Override
			public void execute(JobExecutionContext context) {
				alive();
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(name = "org.springframework.batch.core.repository.JobRepository")
	static class Batch {

		@Bean
		org.springframework.batch.core.job.Job report(JobRepository repository) {
			return new org.springframework.batch.core.job.builder.JobBuilder("report", repository)
				.start(new StepBuilder("write", repository).tasklet((contribution, context) -> {
					alive();
					return RepeatStatus.FINISHED;
				}).build())
				.build();
		}

	}

}
